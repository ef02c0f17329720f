// A proposed diagram: what depends on what among its changes, and how those that were chosen come into the draft.

import { api } from "../components/api.js";
import { drawable } from "../components/flow.js";

export const keyOf = (change) => `${change.what} ${change.id}`;

/** The changes that each change cannot be without, by key. */
export function needs(changes, after, kinds) {
  const known = new Map(changes.map((change) => [keyOf(change), change]));
  const nodes = new Map(after.nodes.map((node) => [node.id, node]));
  const added = (id) => (known.get(`node ${id}`)?.how === "added" ? [`node ${id}`] : []);
  const givesPorts = (id) => {
    const change = known.get(`node ${id}`);
    const each = `config.${kinds.get(nodes.get(id)?.kind)?.ports?.each}`;
    return change?.how === "changed" && change.fields.some(({ path }) => path === each || path === "on_error" || path === "kind") ? [`node ${id}`] : [];
  };
  const wires = new Map(after.wires.map((wire) => [wireId(wire), wire]));
  const of = (change) => {
    const wire = change.what === "wire" && wires.get(change.id);
    if (wire && change.how === "added") return [...added(wire.source), ...added(wire.target), ...givesPorts(wire.source)];
    if (change.what !== "node") return [];
    const node = nodes.get(change.id);
    if (change.how === "removed") return changes.filter((other) => other.how === "removed" && other.what === "wire" && endsOf(other.id).includes(change.id)).map(keyOf);
    return node ? [node.parent, node.compensate_with, node.group].filter(Boolean).flatMap(added).filter((key) => key !== keyOf(change)) : [];
  };
  return new Map(changes.map((change) => [keyOf(change), of(change)]));
}

const wireId = (wire) => `${wire.source}.${wire.source_port ?? "out"}>${wire.target}.${wire.target_port ?? "in"}`;
const endsOf = (id) => id.split(">").map((end) => end.split(".")[0]);

/** What is chosen after one change was ticked or not: what it needs comes along, what needs it goes. */
export function ticked(chosen, key, on, needed) {
  const next = new Set(chosen);
  const waiting = [key];
  const seen = new Set();
  while (waiting.length) {
    const at = waiting.pop();
    if (seen.has(at)) continue;
    seen.add(at);
    if (on) next.add(at);
    else next.delete(at);
    if (on) waiting.push(...(needed.get(at) ?? []));
    else for (const [other, listed] of needed) if (listed.includes(at)) waiting.push(other);
  }
  return next;
}

const FIELDS = ["kind", "kind_version", "name", "parent", "disabled", "note", "retry", "timeout_seconds", "cache_seconds", "on_error", "default_output", "compensate_with", "group"];
const PLAIN = { note: "", disabled: false, on_error: "fail" };

const told = (node) => Object.fromEntries(FIELDS.map((field) => [field, node[field]]).filter(([field, value]) => value != null && value !== PLAIN[field]));
const placeOf = ({ position, size }) => ({ x: position.x, y: position.y, ...(size ? { w: size[0], h: size[1] } : {}) });

function put(map, field, value) {
  if (value === null || value === undefined) map.delete(field);
  else map.set(field, value);
}

function changeNode(draft, change, node) {
  const map = draft.nodes.get(change.id);
  if (!map) return;
  const [settings, rest] = [true, false].map((ofConfig) => change.fields.filter(({ path }) => path.startsWith("config.") === ofConfig && path !== "position" && path !== "size"));
  for (const { path, after } of rest) put(map, path, after);
  for (const { path, after } of settings) put(map.get("config"), path.slice(7), after);
  if (change.moved || change.how === "moved") for (const [field, value] of Object.entries(placeOf(node))) map.set(field, value);
}

function changeOther({ draft }, change, after) {
  if (change.what === "workflow") for (const { path, after: value } of change.fields) put(draft.meta, path, value);
  else put(draft.samples, change.id, after.samples?.[change.id]);
}

/** Bring the chosen changes into the draft: one undo step. */
export function accept(editor, { after, changes }, chosen) {
  const { draft, edits } = editor;
  const wanted = changes.filter((change) => chosen.has(keyOf(change)));
  const nodes = new Map(after.nodes.map((node) => [node.id, node]));
  const wires = new Map(after.wires.map((wire) => [wireId(wire), wire]));
  const of = (what, ...hows) => wanted.filter((change) => change.what === what && hows.includes(change.how));
  draft.edit(() => {
    for (const { id } of of("wire", "removed")) draft.wires.delete(id);
    edits.remove(of("node", "removed").map(({ id }) => id).filter((id) => draft.nodes.has(id)), [], false);
    for (const { id } of of("node", "added")) if (!draft.nodes.has(id)) edits.put(id, { ...told(nodes.get(id)), ...placeOf(nodes.get(id)), config: nodes.get(id).config });
    for (const change of of("node", "changed", "moved")) changeNode(draft, change, nodes.get(change.id));
    for (const { id } of of("wire", "added")) {
      const wire = wires.get(id);
      if (draft.nodes.has(wire.source) && draft.nodes.has(wire.target)) edits.putWire(wire.source, wire.source_port ?? "out", wire.target, { label: wire.label ?? "" });
    }
    for (const { id } of of("wire", "changed")) draft.wires.get(id)?.set("label", wires.get(id).label);
    for (const change of wanted) if (change.what === "workflow" || change.what === "sample") changeOther(editor, change, after);
  });
  return wanted.length;
}

/** Ask for a proposal; with changes it is shown in the place of the draft, without them the answer comes back. */
export async function propose(editor, wanted, signal) {
  await editor.saved();
  return shownAs(editor, await api.post(`/workflows/${encodeURIComponent(editor.workflowId)}/proposals`, wanted, { signal }), wanted);
}

/** The diagram of an accepted plan, shown as any proposal; once it is drawn there is nothing left to show. */
export async function planned(editor, planId) {
  await editor.saved();
  const found = await api.get(`/plans/${encodeURIComponent(planId)}/proposal`);
  if (!found.comparison.changes.length) editor.ui.hint("The draft holds this plan already.");
  return shownAs(editor, found, { sentence: "", failure: null });
}

function shownAs(editor, found, wanted) {
  const { before, after, changes } = found.comparison;
  const shown = { ...found, before: drawable(before), after: { ...drawable(after), samples: after.samples }, changes, wanted };
  if (changes.length) editor.ui.set({ dialog: null, compared: { proposal: shown }, inspector: null, problemsOpen: false, picker: null, history: false });
  return shown;
}
