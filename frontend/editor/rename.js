// A node's new name, and with it the id by which expressions call it; everything that names the old id follows.

import * as Y from "yjs";
import { wireKey } from "../components/flow.js";
import { rewritten } from "./fragment.js";
import { freeId } from "./placing.js";

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** A copy of a Yjs value that can be put elsewhere. */
function copied(value) {
  if (!(value instanceof Y.Map)) return value;
  const map = new Y.Map();
  for (const [key, inner] of value.entries()) map.set(key, copied(inner));
  return map;
}

/** Umlauts and accents as plain letters, so that "Größe" gives `grosse`. */
const plainLetters = (name) => name.replaceAll("ß", "ss").normalize("NFD").replace(/[\u0300-\u036f]/g, "");

/** The id that goes with a name; the old one where the name has no letters for it. */
export function idFor({ draft }, id, name) {
  const base = plainLetters(name).toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "");
  return base ? freeId(base, (taken) => taken !== id && draft.nodes.has(taken)) : id;
}

/** Settings, mocks and default outputs of all nodes say the new id. */
function rewriteTexts(draft, newIds) {
  draft.nodes.forEach((map) => {
    const config = map.get("config");
    if (config instanceof Y.Map) for (const [key, value] of [...config.entries()]) {
      const next = rewritten(value, newIds);
      if (!same(next, value)) config.set(key, next);
    }
    for (const field of ["parent", "group", "compensate_with"]) if (newIds.has(map.get(field))) map.set(field, newIds.get(map.get(field)));
  });
  draft.comments.forEach((map) => {
    if (newIds.has(map.get("node"))) map.set("node", newIds.get(map.get("node")));
  });
}

function rewire(draft, newIds) {
  for (const [key, wire] of [...draft.wires.entries()]) {
    const [source, target] = [wire.get("source"), wire.get("target")];
    if (!newIds.has(source) && !newIds.has(target)) continue;
    const [from, to] = [newIds.get(source) ?? source, newIds.get(target) ?? target];
    const map = copied(wire);
    map.set("source", from);
    map.set("target", to);
    draft.wires.delete(key);
    draft.wires.set(wireKey(from, wire.get("source_port") ?? "out", to, wire.get("target_port") ?? "in"), map);
  }
}

/** Rename a node as one undo step. Gives its id, which is another one unless `keepId`. */
export function rename(editor, id, name, { keepId = false } = {}) {
  const { draft } = editor;
  const map = draft.nodes.get(id);
  if (!map || !draft.canEdit) return id;
  const next = keepId ? id : idFor(editor, id, name);
  if (next === id && map.get("name") === name) return id;
  draft.edit(() => {
    map.set("name", name);
    if (next === id) return;
    const newIds = new Map([[id, next]]);
    draft.nodes.set(next, copied(map));
    draft.nodes.delete(id);
    rewriteTexts(draft, newIds);
    rewire(draft, newIds);
  });
  return next;
}
