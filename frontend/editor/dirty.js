// Which nodes would give something else than they last did, and why: their settings, what leads to them, or a node before them has changed.

import { wireKey } from "../components/flow.js";
import { references } from "./references.js";

const PAUSE = 250;
const PLAIN = { disabled: false, on_error: "fail", default_output: null, parent: null, pinned: null, pinned_port: null, mock: null };
const WORDS = { disabled: "was disabled or enabled", pinned: "was pinned or unpinned", mock: "got another mock" };

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value ?? null;
  return Object.fromEntries(Object.keys(value).sort().filter((key) => value[key] !== undefined).map((key) => [key, sorted(value[key])]));
}

const text = (value) => JSON.stringify(sorted(value));
const named = (node, kinds) => `“${node.name || kinds.get(node.kind)?.title || node.id}”`;

/** What of the node itself differs, as a sentence; empty for nothing. */
function own(before, now, kind, output) {
  const config = (node) => text({ ...kind?.defaults, ...node.config });
  if (before.kind !== now.kind || config(before) !== config(now)) return "Its settings have changed.";
  if (now.pinned != null && text(now.pinned) === text(output)) return ""; // what it gave is what it gives
  const part = Object.keys(PLAIN).find((key) => text(before[key] ?? PLAIN[key]) !== text(now[key] ?? PLAIN[key]));
  return part ? `It ${WORDS[part] ?? "has changed"}.` : "";
}

function incoming(wires) {
  const found = new Map();
  for (const wire of wires) {
    if (!found.has(wire.target)) found.set(wire.target, new Set());
    found.get(wire.target).add(wireKey(wire.source, wire.source_port ?? "out", wire.target));
  }
  return found;
}

/** Reasons by node, of those nodes that have data. */
export function changed({ model, kinds, data }) {
  const reasons = new Map();
  const entries = new Map([...data.versions].map(([id, diagram]) => [id, { nodes: new Map(diagram.nodes.map((node) => [node.id, node])), into: incoming(diagram.wires) }]));
  const into = incoming(model.wires.values());
  for (const node of model.nodes.values()) {
    const known = data.node(node.id);
    const then = known && entries.get(known.version_id);
    const before = then?.nodes.get(node.id);
    if (!before) continue;
    const why = own(before, node, kinds.get(node.kind), known.output);
    if (why) reasons.set(node.id, why);
    else if (text([...(then.into.get(node.id) ?? [])].sort()) !== text([...(into.get(node.id) ?? [])].sort())) reasons.set(node.id, "What leads to it has changed.");
  }
  spread(reasons, { model, kinds, data });
  return reasons;
}

/** What follows a changed node has old data too: along wires, by what it reads, and from a body to its container. */
function spread(reasons, editor) {
  const { model, kinds, data } = editor;
  const leads = new Map();
  const lead = (from, to) => leads.set(from, [...(leads.get(from) ?? []), to]);
  for (const wire of model.wires.values()) lead(wire.source, wire.target);
  for (const { from, to } of references(editor)) lead(from, to);
  for (const node of model.nodes.values()) if (node.parent) lead(node.id, node.parent);
  const waiting = [...reasons.keys()];
  while (waiting.length) {
    const from = waiting.shift();
    for (const to of leads.get(from) ?? []) {
      if (reasons.has(to) || !data.node(to) || model.node(to)?.pinned != null) continue;
      const inside = model.node(from).parent === to;
      reasons.set(to, `${named(model.node(from), kinds)} ${inside ? "inside it" : "before it"} has changed.`);
      waiting.push(to);
    }
  }
}

export class Dirty {
  constructor(editor) {
    this.editor = editor;
    this.reasons = new Map();
    this.listeners = new Set();
    const soon = () => {
      this.timer ??= setTimeout(() => this.read(), PAUSE);
    };
    this.stops = [editor.model.subscribe(soon), editor.data.subscribe(soon)];
  }

  read() {
    this.timer = null;
    if (!this.editor.data.state.nodes.size && !this.reasons.size) return;
    this.reasons = changed(this.editor);
    for (const listener of [...this.listeners]) listener();
  }

  subscribe = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get = () => this.reasons;

  destroy() {
    clearTimeout(this.timer);
    this.stops.forEach((stop) => stop());
  }
}
