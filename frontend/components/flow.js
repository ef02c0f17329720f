// A diagram as plain data, turned into the nodes and wires that React Flow draws.

import { NOTE_SIZE } from "./ContainerCard.jsx";
import { extentOf, isContainer, isNote, unknownKind } from "./kinds.js";

export const wireKey = (source, port, target, entry = "in") => `${source}.${port}>${target}.${entry}`;

export function kindOf(kinds, name) {
  return kinds.get(name) ?? unknownKind(name);
}

export function typeOf(kind) {
  if (isContainer(kind)) return "container";
  return isNote(kind) ? "note" : "card";
}

export function sizeOf(kind, size) {
  if (isContainer(kind)) return { width: size?.[0] ?? extentOf(kind)[0], height: size?.[1] ?? extentOf(kind)[1] };
  if (isNote(kind)) return { width: size?.[0] ?? NOTE_SIZE.w, height: size?.[1] ?? NOTE_SIZE.h };
  return {};
}

/** React Flow draws in order: containers stand before what they hold. */
export function parentsFirst(nodes) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const depth = (node, seen = 0) => (node.parentId && byId.has(node.parentId) && seen < 20 ? 1 + depth(byId.get(node.parentId), seen + 1) : 0);
  const depths = new Map(nodes.map((node) => [node.id, depth(node)]));
  if ([...depths.values()].every((d) => d === 0)) return nodes;
  return [...nodes].sort((a, b) => depths.get(a.id) - depths.get(b.id));
}

/** Nodes and wires of a diagram (as JSON) for a canvas on which nothing can be changed. */
export function flowOf(diagram, kinds) {
  const ids = new Set(diagram.nodes.map((node) => node.id));
  const nodes = diagram.nodes.map((node) => {
    const kind = kindOf(kinds, node.kind);
    return {
      id: node.id,
      type: typeOf(kind),
      position: { x: node.position?.x ?? 0, y: node.position?.y ?? 0 },
      parentId: ids.has(node.parent) ? node.parent : undefined,
      data: { node, kind },
      ariaLabel: `${node.name || kind.title}, ${kind.title}`,
      ...sizeOf(kind, node.size),
    };
  });
  const wires = diagram.wires.map((wire) => {
    const port = wire.source_port ?? "out";
    const entry = wire.target_port ?? "in";
    return {
      id: wireKey(wire.source, port, wire.target, entry),
      type: "wire",
      source: wire.source,
      sourceHandle: port,
      target: wire.target,
      targetHandle: entry,
      data: { label: wire.label },
    };
  });
  return { nodes: parentsFirst(nodes), wires };
}
