// Walks through what was found: also with F3 while the bar is closed.

import { hits } from "./finding.js";

export class FindWalk {
  constructor(editor) {
    this.editor = editor;
  }

  open() {
    const { ui } = this.editor;
    ui.set({ find: { ...ui.state.find, open: true } });
  }

  close() {
    const { ui, frame } = this.editor;
    ui.set({ find: { ...ui.state.find, open: false } });
    frame?.querySelector(".react-flow__pane")?.focus?.();
  }

  step(by) {
    const { query, at } = this.editor.ui.state.find;
    if (query.trim()) this.go(at + by);
    else this.open();
  }

  /** Select a hit and bring its node into sight; the list goes round. */
  go(to) {
    const { ui, model } = this.editor;
    const found = hits(this.editor, ui.state.find.query);
    if (!found.length) return ui.hint("Nothing was found.");
    const at = ((to % found.length) + found.length) % found.length;
    const { id } = found[at];
    ui.set({ find: { ...ui.state.find, at } });
    const folded = model.node(model.node(id).group);
    const shown = folded?.config.folded ? folded.id : id;
    this.editor.select([shown]);
    this.editor.bring(shown);
  }
}
