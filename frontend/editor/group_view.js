// Groups as React Flow's nodes: frames around what they hold, or cards that stand for it and take its wires.

import { kindOf } from "../components/flow.js";
import { frameOf, membersOf } from "../components/frames.js";
import { extentOf, GROUP_SIZE, isContainer, isNote, NOTE_SIZE } from "../components/kinds.js";
import { CARD } from "./placing.js";

const NONE = { groups: new Map(), hiding: new Map() };
let last = { version: -1, model: null, found: NONE };

/** The groups with what they hold, and for each node that a folded one hides that group's id. */
export function drawnGroups({ model, kinds }) {
  if (last.model === model && last.version === model.version) return last.found;
  const groups = membersOf([...model.nodes.values()], kinds);
  const hiding = new Map();
  for (const [id, members] of groups) if (members.length && model.node(id).config.folded) {
    for (const member of members) for (const one of [member.id, ...model.within(member.id)]) hiding.set(one, id);
  }
  last = { version: model.version, model, found: groups.size ? { groups, hiding } : NONE };
  return last.found;
}

/** The box of a node within its container: its place in the draft, and its size as it was measured or is known. */
export function boxIn({ kinds, flow }, node) {
  const kind = kindOf(kinds, node.kind);
  const known = node.size ?? (isContainer(kind) ? extentOf(kind) : isNote(kind) ? [NOTE_SIZE.w, NOTE_SIZE.h] : null);
  const { width, height } = flow?.getInternalNode?.(node.id)?.measured ?? {};
  const [w, h] = known ?? [width ?? CARD.width, height ?? CARD.height];
  return { ...node.position, width: w, height: h };
}

export function groupEntry(node, old, editor, { groups, hiding }) {
  const members = groups.get(node.id);
  const folded = Boolean(node.config.folded && members.length);
  const glide = editor.glide.state.at;
  const moved = (member) => ({ ...boxIn(editor, member), ...glide?.get(member.id) });
  const frame = old?.dragging ? { ...old.position, width: old.width, height: old.height } : frameOf(node, members, folded, moved);
  const size = folded ? { width: GROUP_SIZE.w, height: GROUP_SIZE.h } : { width: frame.width, height: frame.height };
  const hidden = hiding.has(node.id) || undefined;
  const same = old && old.data.node === node && old.data.members === members.length && old.hidden === hidden && old.position.x === frame.x && old.position.y === frame.y && old.width === size.width && old.height === size.height;
  if (same) return old;
  const kind = kindOf(editor.kinds, node.kind);
  return {
    ...old,
    id: node.id,
    type: "frame",
    position: { x: frame.x, y: frame.y },
    parentId: editor.model.nodes.has(node.parent) ? node.parent : undefined,
    hidden,
    data: { node, kind, members: members.length, folded },
    ariaLabel: `${node.name || kind.title}, ${kind.title}`,
    zIndex: folded ? 1 : -1,
    dragHandle: folded ? undefined : ".qc-group-head",
    style: { pointerEvents: folded ? undefined : "none" },
    ...size,
  };
}

/** The ends of a wire as they are drawn. */
export function ways(wire, hiding) {
  const [source, target] = [hiding.get(wire.source), hiding.get(wire.target)];
  return {
    source: source ?? wire.source,
    sourceHandle: source ? "out" : wire.source_port,
    target: target ?? wire.target,
    targetHandle: target ? "in" : wire.target_port,
    reconnectable: source || target ? false : undefined,
  };
}

/** A group that is dragged takes what it holds along. */
export function withDragged(changes, entries, editor) {
  const { groups } = drawnGroups(editor);
  if (!groups.size || !changes.some((change) => change.type === "position" && groups.has(change.id))) return changes;
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const moved = new Set(changes.map((change) => change.id));
  const more = changes.filter((change) => change.type === "position" && change.position && groups.has(change.id)).flatMap((change) => {
    const from = byId.get(change.id)?.position ?? change.position;
    const [dx, dy] = [change.position.x - from.x, change.position.y - from.y];
    return groups.get(change.id).filter((member) => !moved.has(member.id)).map((member) => {
      const { x, y } = byId.get(member.id)?.position ?? member.position;
      return { id: member.id, type: "position", position: { x: x + dx, y: y + dy }, dragging: change.dragging };
    });
  });
  return [...changes, ...more];
}
