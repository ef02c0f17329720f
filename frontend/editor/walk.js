// Going about a diagram by keyboard: to the neighbour in a direction, and to all before or after.

import { reached } from "./wiring.js";

/** The neighbour along the wires; among several the one at about the same height. */
function alongWires(model, at, forward) {
  const wires = forward ? model.outOf(at.id) : model.into(at.id);
  const ends = wires.map((wire) => model.node(forward ? wire.target : wire.source)).filter(Boolean);
  const off = (node) => Math.abs(model.absolute(node).y - model.absolute(at).y);
  return ends.sort((a, b) => off(a) - off(b))[0];
}

/** The node that stands next above or below, sideways distance counting double. */
function across(model, at, down) {
  const here = model.absolute(at);
  const others = [...model.nodes.values()].filter((node) => node.id !== at.id && (node.parent ?? null) === (at.parent ?? null));
  const placed = others.map((node) => {
    const { x, y } = model.absolute(node);
    return { node, dx: Math.abs(x - here.x), dy: (y - here.y) * (down ? 1 : -1) };
  });
  return placed.filter(({ dy }) => dy > 0).sort((a, b) => a.dy + 2 * a.dx - b.dy - 2 * b.dx)[0]?.node;
}

export function walk(editor, direction) {
  const { model, ui } = editor;
  const at = model.node(ui.state.selection[0]);
  if (!at) return;
  const sideways = direction === "next" || direction === "previous";
  const found = sideways ? alongWires(model, at, direction === "next") : across(model, at, direction === "down");
  if (!found) return;
  editor.select([found.id]);
  if (ui.state.inspector) editor.openInspector(found.id);
  editor.bring(found.id);
}

/** Select all that leads to the selected nodes, or all that they lead to; they stay selected. */
export function selectAlong({ model, ui, select }, back) {
  select([...new Set(ui.state.selection.flatMap((id) => [...reached(model, id, back)]))]);
}
