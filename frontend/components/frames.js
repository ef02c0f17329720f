// Groups: which nodes they hold, and the frame around these; the editor and the run view draw them alike.

import { GROUP_SIZE, isGroup } from "./kinds.js";

export const FRAME = { side: 24, head: 40, foot: 32 };

/** The nodes of each group by its id, in a diagram's own order; a group holds nodes of its own container. */
export function membersOf(nodes, kinds) {
  const groups = new Map();
  for (const node of nodes) if (isGroup(kinds.get(node.kind) ?? {})) groups.set(node.id, { node, members: [] });
  for (const node of groups.size ? nodes : []) {
    const home = groups.get(node.group);
    if (home && home.node.id !== node.id && (home.node.parent ?? null) === (node.parent ?? null)) home.members.push(node);
  }
  return new Map([...groups].map(([id, { members }]) => [id, members]));
}

/** The frame around boxes `{x, y, width, height}`. */
export function around(boxes) {
  const left = Math.min(...boxes.map((box) => box.x)) - FRAME.side;
  const top = Math.min(...boxes.map((box) => box.y)) - FRAME.head;
  const right = Math.max(...boxes.map((box) => box.x + box.width)) + FRAME.side;
  const bottom = Math.max(...boxes.map((box) => box.y + box.height)) + FRAME.foot;
  return { x: left, y: top, width: Math.max(right - left, GROUP_SIZE.w), height: bottom - top };
}

/** Where a group is drawn: around its nodes, or as a card at its own place. */
export function frameOf(group, members, folded, boxOf) {
  const at = { ...group.position, width: GROUP_SIZE.w, height: GROUP_SIZE.h };
  if (!members.length) return at;
  const frame = around(members.map(boxOf));
  return folded ? { ...at, x: frame.x + FRAME.side, y: frame.y + FRAME.head - 8 } : frame; // its ports level with those of the first row
}
