// Groups: frames around nodes that belong together. Membership stands on the nodes, as the id of their group.

import { isGroup } from "../components/kinds.js";
import { freeId, freeName, shownNames } from "./placing.js";

const isGroupNode = (kinds, node) => Boolean(node) && isGroup(kinds.get(node.kind) ?? {});

/** The moves with those of every group's nodes, which go where their group goes. */
export function withMembers(model, moves) {
  const known = new Set(moves.map((move) => move.id));
  const more = moves.flatMap(({ id, x, y }) => {
    const at = model.node(id)?.position;
    const members = at ? model.members(id).filter((member) => !known.has(member.id)) : [];
    return members.map((member) => ({ id: member.id, x: member.position.x + x - at.x, y: member.position.y + y - at.y }));
  });
  return more.length ? [...moves, ...more] : moves;
}

/** Take groups that are about to go off the nodes that stay. */
export function forget(draft, gone) {
  draft.nodes.forEach((map, id) => {
    if (!gone.has(id) && gone.has(map.get("group"))) map.delete("group");
  });
}

/** Why these nodes cannot be one group, or an empty text. */
export function ungroupable({ model, kinds }, ids) {
  const nodes = ids.map((id) => model.node(id)).filter((node) => node && !ids.includes(node.parent));
  const held = nodes.some((node) => !isGroupNode(kinds, node) || model.members(node.id).length);
  if (!held) return "Select the nodes of the group first.";
  if (new Set(nodes.map((node) => node.parent ?? null)).size > 1) return "These nodes stand in different containers; a group holds nodes of one.";
  return "";
}

/** Put nodes into a new group; groups beside them dissolve in it, those in a chosen container stay. One undo step. Gives its id. */
export function makeGroup({ draft, edits, model, kinds }, ids) {
  const chosen = new Set(ids.flatMap((id) => [id, ...(isGroupNode(kinds, model.node(id)) ? model.within(id) : [])]));
  const held = new Set([...chosen].filter((id) => chosen.has(model.node(id)?.parent)));
  const members = [...chosen].filter((id) => !held.has(id) && !isGroupNode(kinds, model.node(id)));
  const dissolved = [...chosen].filter((id) => !held.has(id) && isGroupNode(kinds, model.node(id)));
  const id = freeId("group", (taken) => draft.nodes.has(taken));
  const kind = kinds.get("group");
  const nodes = members.map((one) => model.node(one));
  const at = { x: Math.min(...nodes.map((node) => node.position.x)), y: Math.min(...nodes.map((node) => node.position.y)) };
  draft.edit(() => {
    edits.put(id, { kind: "group", kind_version: kind.version ?? 1, name: freeName(kind.title, shownNames(model, kinds)), ...at, parent: nodes[0].parent ?? undefined });
    for (const one of members) draft.nodes.get(one).set("group", id);
    for (const one of dissolved) draft.nodes.delete(one);
  });
  return id;
}

/** Dissolve the groups among these nodes, and take the others out of theirs. Gives the nodes that were freed. */
export function ungroup({ draft, model, kinds }, ids) {
  const groups = ids.filter((id) => isGroupNode(kinds, model.node(id)));
  const freed = [...new Set([...groups.flatMap((id) => model.members(id).map((node) => node.id)), ...ids.filter((id) => model.node(id)?.group)])];
  if (!groups.length && !freed.length) return [];
  draft.edit(() => {
    for (const id of freed) draft.nodes.get(id).delete("group");
    for (const id of groups) draft.nodes.delete(id);
  });
  return freed;
}

/** Fold groups to cards, or unfold them when all are folded. */
export function fold({ draft, model, kinds }, ids) {
  const groups = [...new Set(ids.map((id) => (isGroupNode(kinds, model.node(id)) ? id : model.node(id)?.group)))].filter((id) => isGroupNode(kinds, model.node(id)));
  const on = !groups.every((id) => model.node(id).config.folded);
  draft.edit(() => {
    for (const id of groups) {
      if (on) draft.nodes.get(id).get("config").set("folded", true);
      else draft.nodes.get(id).get("config").delete("folded");
    }
  });
  return groups;
}
