// Wiring without dragging: Ctrl+click an output, then click one node after the other; Esc or the canvas ends it.

import { nodeUnder, showTargets, tryConnect } from "./gestures.js";
import { portAt } from "./near.js";
import { firstPort } from "./wiring.js";

export class ClickWiring {
  constructor(editor) {
    this.editor = editor;
    this.start = null;
  }

  begin(node, port) {
    const { editor } = this;
    if (!editor.draft.canEdit) return;
    this.start = { node, port };
    editor.ui.set({ wiring: this.start });
    showTargets(editor, this.start, true);
    const from = portAt(editor, node, port);
    editor.guide.set({ candidate: from && { from, to: from } });
  }

  end() {
    if (!this.start) return false;
    this.start = null;
    this.editor.noTargets?.();
    this.editor.ui.set({ wiring: null });
    this.editor.guide.set({ candidate: null });
    return true;
  }

  moved(at) {
    const { candidate } = this.editor.guide.state;
    if (this.start && at && candidate) this.editor.guide.set({ candidate: { ...candidate, to: at } });
  }

  /** The next node of the chain; the wire after it begins where it can be left first. */
  take(id, screen) {
    const { editor, start } = this;
    if (!id) return this.end();
    if (id === start.node || !tryConnect(editor, start.node, start.port, id, screen)) return undefined;
    const port = firstPort(editor, id);
    return port && !editor.ui.state.offer ? this.begin(id, port) : this.end();
  }

  /** Clicks go to the wiring while it is on, and with Ctrl on an output they begin it. */
  onClickCapture = (event) => {
    if (this.editor.ui.state.mode === "comment") return this.remark(event);
    const port = event.target.closest?.(".qc-port.source");
    const begins = port && (event.ctrlKey || event.metaKey);
    const onCanvas = event.target.closest?.(".react-flow__node, .react-flow__pane, .react-flow__edge");
    if (!begins && (!this.start || !onCanvas)) return undefined;
    event.stopPropagation();
    event.preventDefault();
    const { id, screen } = nodeUnder(event);
    if (begins) this.begin(port.dataset.nodeid, port.dataset.port);
    else this.take(id, screen);
    return undefined;
  };

  /** In comment mode a click pins a remark to what is there. */
  remark(event) {
    const { editor } = this;
    if (!event.target.closest?.(".react-flow__node, .react-flow__pane, .react-flow__edge")) return;
    event.stopPropagation();
    const { id, screen } = nodeUnder(event);
    editor.ui.set({ mode: "pointer", remark: { node: id, ...editor.flow.screenToFlowPosition(screen, { snapToGrid: false }) } });
  }
}
