// Aligning and spreading selected nodes; gives the moves, the draft makes one step of them.

import { boxOf } from "./near.js";
import { GRID } from "./placing.js";

const MIDDLE = 0.5;
const SIDES = { left: ["x", 0], centre: ["x", MIDDLE], right: ["x", 1], top: ["y", 0], middle: ["y", MIDDLE], bottom: ["y", 1] };
const LENGTH = { x: "width", y: "height" };
const grid = (number) => Math.round(number / GRID) * GRID;

/** Boxes on the canvas, without what lies inside another selected one and moves with it. */
function boxes(editor) {
  const chosen = new Set(editor.ui.state.selection);
  const held = new Set([...chosen].flatMap((id) => editor.model.within(id)));
  return [...chosen].filter((id) => !held.has(id)).map((id) => ({ id, ...boxOf(editor, id) }));
}

function moved(editor, box, axis, to) {
  const { position } = editor.model.node(box.id);
  const at = { ...position, [axis]: position[axis] + grid(to - box[axis]) };
  return { id: box.id, x: at.x, y: at.y };
}

export function align(editor, side) {
  const [axis, part] = SIDES[side];
  const all = boxes(editor);
  const first = Math.min(...all.map((box) => box[axis]));
  const last = Math.max(...all.map((box) => box[axis] + box[LENGTH[axis]]));
  const line = first + (last - first) * part;
  editor.edits.move(all.map((box) => moved(editor, box, axis, line - box[LENGTH[axis]] * part)));
}

/** Equal gaps between the first and the last. */
export function distribute(editor, axis) {
  const all = boxes(editor).sort((a, b) => a[axis] - b[axis]);
  if (all.length < 3) return;
  const length = (box) => box[LENGTH[axis]];
  const [first, last] = [all[0], all.at(-1)];
  const room = last[axis] + length(last) - first[axis] - all.reduce((sum, box) => sum + length(box), 0);
  let at = first[axis];
  editor.edits.move(all.map((box) => {
    const move = moved(editor, box, axis, at);
    at += length(box) + room / (all.length - 1);
    return move;
  }));
}
