// A diagram as plain data, turned into the nodes and wires that React Flow draws.

import { frameOf, membersOf } from "./frames.js";
import { extentOf, GROUP_SIZE, isContainer, isGroup, isNote, NOTE_SIZE, portsLeft, portsOf, unknownKind } from "./kinds.js";

const USUAL = { width: 232, height: 68 }; // of a card that nobody has measured

export const wireKey = (source, port, target, entry = "in") => `${source}.${port}>${target}.${entry}`;

/** A compensation drawn from the step that it undoes; it is no wire of the diagram. */
export function undoEntry(node, undo, port) {
  return {
    id: `undo-${node}>${undo}`,
    type: "undo",
    source: node,
    sourceHandle: port,
    target: undo,
    targetHandle: "in",
    selectable: false,
    focusable: false,
    deletable: false,
    reconnectable: false,
    data: {},
  };
}

export function kindOf(kinds, name) {
  return kinds.get(name) ?? unknownKind(name);
}

const placeholders = new Map();

/** The kind of a node; a placeholder keeps the ports by which the node's wires leave, and stays the same while they do. */
export function kindFor(kinds, node, leaving) {
  const known = kinds.get(node.kind);
  if (known) return known;
  const ports = portsLeft(leaving(node.id));
  const key = `${node.kind} ${ports.join(" ")}`;
  if (!placeholders.has(key)) placeholders.set(key, unknownKind(node.kind, ports));
  return placeholders.get(key);
}

export function typeOf(kind) {
  if (isContainer(kind)) return "container";
  if (isGroup(kind)) return "frame";
  return isNote(kind) ? "note" : "card";
}

export function sizeOf(kind, size) {
  if (isContainer(kind)) return { width: size?.[0] ?? extentOf(kind)[0], height: size?.[1] ?? extentOf(kind)[1] };
  if (isGroup(kind)) return { width: GROUP_SIZE.w, height: GROUP_SIZE.h };
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

/** For each node the names of the one that undoes it and of the one that it undoes, or nothing. */
function undoNames(nodes, kinds) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const undone = new Map(nodes.map((node) => [node.compensate_with, node]));
  const name = (node) => node && (node.name || kindOf(kinds, node.kind).title);
  return ({ id, compensate_with: by }) => ({ undoneBy: name(byId.get(by)), undoes: name(undone.get(id)) });
}

const listed = (entries) => (Array.isArray(entries) ? entries : []);

/** What can be drawn of a stored diagram, also of one that the server can no longer read or play. */
export function drawable(diagram) {
  const nodes = listed(diagram?.nodes)
    .filter((node) => typeof node?.id === "string")
    .map((node) => ({ ...node, kind: String(node.kind), config: node.config ?? {} }));
  const ids = new Set(nodes.map((node) => node.id));
  const wires = listed(diagram?.wires).filter((wire) => ids.has(wire?.source) && ids.has(wire?.target));
  return { ...diagram, nodes, wires };
}

/** "Over 100? → Ask the boss (yes)", for who cannot see the wire. */
export function spokenWire({ source, target, label }, port, named) {
  const by = label || (port === "out" ? "" : port);
  return `${named(source)} → ${named(target)}${by ? ` (${by})` : ""}`;
}

/** A group behind what it holds; where nothing can be changed it is never folded. */
function groupOf(node, members, kinds) {
  const box = (one) => ({ x: one.position?.x ?? 0, y: one.position?.y ?? 0, ...USUAL, ...sizeOf(kindOf(kinds, one.kind), one.size) });
  const { x, y, ...size } = frameOf({ position: { x: 0, y: 0 }, ...node }, members, false, box);
  return { position: { x, y }, ...size, zIndex: -1, style: { pointerEvents: "none" }, data: { node, kind: kindOf(kinds, node.kind), members: members.length } };
}

/** Nodes and wires of a diagram (as JSON) for a canvas on which nothing can be changed. */
export function flowOf(diagram, kinds) {
  const groups = membersOf(diagram.nodes, kinds);
  const ids = new Set(diagram.nodes.map((node) => node.id));
  const undo = undoNames(diagram.nodes, kinds);
  const titles = new Map(diagram.nodes.map((node) => [node.id, node.name || kindOf(kinds, node.kind).title]));
  const named = (id) => titles.get(id);
  const nodes = diagram.nodes.map((node) => {
    const kind = kindFor(kinds, node, (id) => diagram.wires.filter((wire) => wire.source === id));
    const own = groups.has(node.id) ? groupOf(node, groups.get(node.id), kinds) : {};
    return {
      id: node.id,
      type: typeOf(kind),
      position: { x: node.position?.x ?? 0, y: node.position?.y ?? 0 },
      parentId: ids.has(node.parent) ? node.parent : undefined,
      data: { node, kind, ...undo(node) },
      ariaLabel: `${node.name || kind.title}, ${kind.title}`,
      ...sizeOf(kind, node.size),
      ...own,
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
      ariaLabel: spokenWire(wire, port, named),
      data: { label: wire.label },
    };
  });
  const undos = diagram.nodes.filter((node) => ids.has(node.compensate_with));
  const drawn = undos.map((node) => undoEntry(node.id, node.compensate_with, portsOf(kindOf(kinds, node.kind), node)[0]));
  return { nodes: parentsFirst(nodes), wires: wires.concat(drawn) };
}
