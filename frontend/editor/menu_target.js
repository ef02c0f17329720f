// What a menu is about: the port, wire, node, selection or canvas under the pointer, or what is selected.

import { isGroup, isNote } from "../components/kinds.js";

function about(editor, id) {
  const kind = editor.kinds.get(editor.model.node(id)?.kind) ?? {};
  return isGroup(kind) ? "group" : isNote(kind) ? "note" : "node";
}

function ofPort(handle, at) {
  const { nodeid: node, handleid: port } = handle.dataset;
  const port_ = { type: "port", node, port, out: handle.classList.contains("source"), ...at, screen: at };
  return { ...port_, argument: port_ };
}

function ofNode(editor, id, at) {
  const { selection } = editor.ui.state;
  if (selection.includes(id) && selection.length > 1) return { type: "selection", ...at };
  editor.select([id]);
  editor.ui.set({ selection: [id] });
  return { type: about(editor, id), ...at };
}

/** Under the pointer. */
export function underPointer(editor, event) {
  const at = { x: event.clientX, y: event.clientY };
  const handle = event.target.closest?.(".react-flow__handle");
  if (handle) return ofPort(handle, at);
  const node = event.target.closest?.(".react-flow__node")?.dataset.id;
  if (node) return ofNode(editor, node, at);
  const wire = event.target.closest?.(".react-flow__edge")?.dataset.id;
  if (wire && editor.model.wires.has(wire)) return { type: "wire", argument: wire, ...at };
  if (event.target.closest?.(".react-flow__nodesselection")) return { type: "selection", ...at };
  return event.target.closest?.(".react-flow__pane, .qe-canvas-ground, .react-flow__viewport") ? { type: "canvas", ...at } : null;
}

/** By keys: where the selected node or wire stands, else in the middle of the canvas. */
export function ofSelection(editor) {
  const { selection, selectedWires } = editor.ui.state;
  const focused = document.activeElement?.closest?.(".react-flow__node")?.dataset.id;
  const id = selection[0] ?? focused;
  const box = (selector) => editor.frame.querySelector(selector)?.getBoundingClientRect();
  const frame = editor.frame.getBoundingClientRect();
  const card = id && box(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
  if (card) {
    const at = { x: card.left + Math.min(card.width, 120) / 2, y: card.top + Math.min(card.height, 48) };
    return selection.length > 1 ? { type: "selection", ...at } : ofNode(editor, id, at);
  }
  const wire = selectedWires[0] && box(`.react-flow__edge[data-id="${CSS.escape(selectedWires[0])}"]`);
  if (wire) return { type: "wire", argument: selectedWires[0], x: wire.left + wire.width / 2, y: wire.top + wire.height / 2 };
  return { type: "canvas", x: frame.left + frame.width / 2, y: frame.top + frame.height / 3 };
}
