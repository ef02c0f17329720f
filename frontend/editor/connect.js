// Wiring by keyboard: every wire that may leave the selected node, to choose from a list.

import { portsOf } from "../components/kinds.js";
import { tryConnect } from "./gestures.js";
import { rowsOf } from "./order.js";
import { refusals } from "./wiring.js";

/** The wires that may be drawn from a node, in reading order; those that stand already are left out. */
export function choices({ model, kinds }, id) {
  const node = model.node(id);
  const kind = kinds.get(node?.kind);
  if (!kind) return [];
  const ports = portsOf(kind, node);
  const standing = new Set(model.outOf(id).map((wire) => `${wire.source_port} ${wire.target}`));
  const why = ports.length ? refusals(model, kinds, { node: id, port: ports[0] }, true) : () => "";
  const targets = rowsOf(model).map((row) => row.node).filter((one) => one.id !== id && !why(one.id));
  return ports.flatMap((port) => targets.filter((one) => !standing.has(`${port} ${one.id}`)).map((one) => ({
    port,
    target: one.id,
    name: `${port} ${one.id}`,
    title: one.name || kinds.get(one.kind)?.title || one.id,
  })));
}

export function connectTo(editor, id, { port, target }) {
  const box = editor.frame?.getBoundingClientRect();
  const screen = box ? { x: box.left + box.width / 2, y: box.top + 80 } : { x: 80, y: 80 };
  if (!tryConnect(editor, id, port, target, screen)) return;
  const name = (one) => editor.model.node(one)?.name || one;
  editor.announce?.(`${name(id)} is wired to ${name(target)}.`);
}

function open(editor) {
  const [id] = editor.ui.state.selection;
  if (!editor.model.node(id)) return;
  editor.ui.set({ dialog: "connect", connecting: id });
}

export const CONNECT_COMMANDS = [
  { name: "connect", title: "Wire it to …", group: "Edit", keys: ["E"], edits: true, needs: "selection", run: open },
];
