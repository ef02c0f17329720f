// Alignment while dragging: where an edge or the middle of what is dragged meets that of another node.

const MOST = 400; // nodes looked at; in larger diagrams the nearest by position in the list

const LINES = {
  x: (box) => [box.x, box.x + box.width / 2, box.x + box.width],
  y: (box) => [box.y, box.y + box.height / 2, box.y + box.height],
};
const SPAN = { x: ["y", "height"], y: ["x", "width"] };

function along(axis, box, others, reach) {
  let best = null;
  for (const other of others.slice(0, MOST)) for (const at of LINES[axis](other)) for (const own of LINES[axis](box)) {
    const by = at - own;
    if (Math.abs(by) <= reach && Math.abs(by) < Math.abs(best?.by ?? Infinity)) best = { axis, by, at, other };
  }
  if (!best) return null;
  const [start, length] = SPAN[axis];
  const ends = [box[start], box[start] + box[length], best.other[start], best.other[start] + best.other[length]];
  return { axis, by: best.by, at: best.at, from: Math.min(...ends) - 8, to: Math.max(...ends) + 8 };
}

/** The lines on which a box would align with others; `by` is how far it is off. */
export const guidesFor = (box, others, reach) => [along("x", box, others, reach), along("y", box, others, reach)].filter(Boolean);

/** One box around several. */
export function whole(boxes) {
  const [x, y] = [Math.min(...boxes.map((box) => box.x)), Math.min(...boxes.map((box) => box.y))];
  return { x, y, width: Math.max(...boxes.map((box) => box.x + box.width)) - x, height: Math.max(...boxes.map((box) => box.y + box.height)) - y };
}
