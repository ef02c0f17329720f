// Two diagrams as one drawing: what the later one has, and as ghosts what only the earlier one had.

import { flowOf, wireKey } from "../components/flow.js";

const keyOf = (wire) => wireKey(wire.source, wire.source_port ?? "out", wire.target, wire.target_port ?? "in");

function together(later, earlier, key) {
  const known = new Set(later.map(key));
  return [...later, ...earlier.filter((part) => !known.has(key(part)))];
}

/** The changes that are shown: mere moves may be left out. */
export const shownOf = (changes, withMoves) => (withMoves ? changes : changes.filter((change) => change.how !== "moved"));

/** React Flow's nodes and wires; each that differs carries a class by how it does. */
export function unitedFlow({ before, after, changes }, kinds, withMoves) {
  const how = new Map(shownOf(changes, withMoves).map((change) => [`${change.what} ${change.id}`, change.how]));
  const earlier = before ?? { nodes: [], wires: [] };
  const flow = flowOf({ nodes: together(after.nodes, earlier.nodes, (node) => node.id), wires: together(after.wires, earlier.wires, keyOf) }, kinds);
  const marked = (what) => (part) => (how.has(`${what} ${part.id}`) ? { ...part, className: `qe-is-${how.get(`${what} ${part.id}`)}` } : part);
  return { nodes: flow.nodes.map(marked("node")), wires: flow.wires.map(marked("wire")) };
}

/** The nodes at which a change is seen. */
export function placesOf(change, flow) {
  if (change.what === "node") return [change.id];
  const wire = change.what === "wire" && flow.wires.find((one) => one.id === change.id);
  return wire ? [wire.source, wire.target] : [];
}
