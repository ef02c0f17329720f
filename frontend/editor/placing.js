// Where things go: the grid, free ids and names, the container under a point, and which wires may be.

import { extentOf, hasInput, holds, isContainer, isGroup, portsOf } from "../components/kinds.js";

export const GRID = 8;
export const CARD = { width: 232, height: 68 };
const LONGEST_ID = 60;

export const snapped = ({ x, y }) => ({ x: Math.round(x / GRID) * GRID, y: Math.round(y / GRID) * GRID });

/** An id such as `chat_model_2` that nobody has; words of the id must fit the diagram's pattern. */
export function freeId(base, taken) {
  const clean = base.toLowerCase().replace(/[^a-z0-9_]+/g, "_").replace(/^[^a-z]+/, "").slice(0, LONGEST_ID) || "node";
  if (!taken(clean)) return clean;
  const stem = clean.replace(/_\d+$/, "") || clean;
  let n = 2;
  while (taken(`${stem}_${n}`)) n += 1;
  return `${stem}_${n}`;
}

export function freeName(base, names) {
  const taken = new Set(names);
  if (!taken.has(base)) return base;
  const stem = base.replace(/ \d+$/, "");
  let n = 2;
  while (taken.has(`${stem} ${n}`)) n += 1;
  return `${stem} ${n}`;
}

/** The names that people see: a node without one shows its kind's title. */
export const shownNames = (model, kinds) => [...model.nodes.values()].map((node) => node.name || kinds.get(node.kind)?.title || node.kind);

/** The innermost container under a point of the canvas that holds nodes of this kind, other than those in `except`. */
export function containerAt(model, kinds, point, held, except = new Set()) {
  let found = null;
  let smallest = Infinity;
  for (const node of model.nodes.values()) {
    const kind = kinds.get(node.kind);
    if (!kind || !isContainer(kind) || !holds(kind, held) || except.has(node.id)) continue;
    const at = model.absolute(node);
    const [w, h] = node.size ?? extentOf(kind);
    const inside = point.x > at.x && point.x < at.x + w && point.y > at.y && point.y < at.y + h;
    if (inside && w * h < smallest) [found, smallest] = [node, w * h];
  }
  return found;
}

export const CIRCLE = "This would make a circle. Put the nodes into a Loop instead.";

/** Why this wire may not be, or an empty text. */
export function refusal(model, kinds, source, target) {
  const from = model.node(source);
  const to = model.node(target);
  if (!from || !to) return "There is nothing to connect.";
  const machine = kinds.get(model.node(from.parent)?.kind)?.role === "machine";
  if (source === target && !machine) return "A node cannot be wired to itself.";
  const kind = kinds.get(to.kind);
  if (kind && !hasInput(kind)) return `“${to.name || kind.title}” has no entry.`;
  for (const end of [from, to]) {
    const undone = model.undone?.get(end.id);
    if (undone) return `“${end.name || kinds.get(end.kind)?.title}” undoes “${model.node(undone)?.name || undone}”: it is played only for that and has no wires.`;
  }
  if ((from.parent ?? null) !== (to.parent ?? null)) return "A wire cannot cross the border of a container.";
  if (!machine && model.leads(target, source)) return CIRCLE;
  return "";
}

/** The kinds that can stand after a port, or before an entry, in the container that is there. */
export function fitting(kinds, { from, into, wire }, container) {
  return [...kinds.values()].filter((kind) => {
    if (isGroup(kind)) return false; // made of nodes that stand already
    if ((from || into || wire) && !holds(container, kind)) return false;
    if ((from || wire) && !hasInput(kind)) return false;
    if ((into || wire) && portsOf(kind, { config: {} }).length === 0) return false;
    return true;
  });
}
