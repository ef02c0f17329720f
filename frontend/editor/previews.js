// Asks the server what the expressions of one node's settings give for the data at hand: one question for all that changed.

import { api } from "../components/api.js";

const PAUSE = 220;
const MOST = 20;
const MOST_BYTES = 900_000;
const READ = /\bnodes(?:\.([a-z][a-z0-9_]*)|\[\s*["']([a-z][a-z0-9_]*)["']\s*\])/g;

export const readIn = (text) => [...new Set([...text.matchAll(READ)].map(([, dotted, quoted]) => dotted ?? quoted))];

/** What can be read at a node besides the input and the nodes before: what its container gives, and its sample. */
async function around(editor, id) {
  const { model, kinds, data } = editor;
  const names = ["input", "nodes", "run"];
  const scope = {};
  let innermost = true;
  for (let at = model.node(model.node(id)?.parent), depth = 0; at && depth < 20; at = model.node(at.parent), depth += 1) {
    const role = kinds.get(at.kind)?.role;
    if (role === "map") names.push("item", "index");
    if (role === "loop") names.push("previous", "index");
    if (role === "machine") names.push("event", "previous", "index");
    if (innermost && role === "map") scope.item = await firstItem(editor, at);
    if (innermost && (role === "map" || role === "loop")) scope.index = 0;
    if (innermost && role === "loop") scope.previous = data.output(at.id) ?? null;
    if (role !== "state") innermost = false;
  }
  if (model.undone.has(id)) names.push("compensated", "failure");
  return { names: [...new Set(names)], scope };
}

async function firstItem(editor, map) {
  const text = String(map.config.items ?? "");
  if (!text.trim()) return undefined;
  const { items } = await api.post("/expressions/preview", { texts: [{ text, sort: "expression" }], scope: plainScope(editor, text) });
  return Array.isArray(items[0].value) ? (items[0].value[0] ?? null) : undefined;
}

function plainScope(editor, text) {
  const nodes = Object.fromEntries(readIn(text).map((id) => [id, editor.data.output(id)]).filter(([, value]) => value !== undefined));
  const input = editor.data.state.input ?? Object.values(editor.model.samples)[0];
  return { nodes, ...(input === undefined ? {} : { input }), run: { id: editor.data.state.runId } };
}

/** The names that a text reads and of which nothing is known yet. */
function unknown(text, scope) {
  const nodes = readIn(text).filter((id) => !(id in scope.nodes));
  const others = ["input", "item", "previous", "event"].filter((name) => new RegExp(`(?<![\\w."'])${name}\\b`).test(text) && scope[name] === undefined);
  return [...nodes, ...others];
}

export class Previews {
  constructor(editor, nodeId) {
    Object.assign(this, { editor, nodeId });
    this.wanted = new Map(); // by field: {text, sort}
    this.found = new Map(); // by field: {text, value, flaws, missing}
    this.listeners = new Set();
  }

  want(field, text, sort) {
    const before = this.wanted.get(field);
    if (before?.text === text && before.sort === sort) return;
    this.wanted.set(field, { text, sort, fresh: true });
    this.soon();
  }

  forget(field) {
    this.wanted.delete(field);
    this.found.delete(field);
  }

  /** The data has changed: everything is asked again. */
  again() {
    for (const one of this.wanted.values()) one.fresh = true;
    this.soon();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    const asked = [...this.wanted].filter(([, one]) => one.fresh).slice(0, MOST);
    if (!asked.length || this.gone) return;
    for (const [, one] of asked) one.fresh = false;
    const all = asked.map(([, one]) => one.text).join("\n");
    try {
      const { names, scope: own } = await around(this.editor, this.nodeId);
      const scope = { ...plainScope(this.editor, all), ...own };
      const body = { texts: asked.map(([, { text, sort }]) => ({ text, sort })), names, scope };
      const large = JSON.stringify(scope).length > MOST_BYTES;
      const { items } = await api.post("/expressions/preview", large ? { ...body, scope: {} } : body);
      asked.forEach(([field, one], i) => this.found.set(field, { ...items[i], text: one.text, missing: large ? ["large"] : unknown(one.text, scope) }));
    } catch (problem) {
      asked.forEach(([field, one]) => this.found.set(field, { text: one.text, flaws: [], missing: [], failed: problem.message }));
    }
    this.tell();
    if ([...this.wanted.values()].some((one) => one.fresh)) this.soon();
  }

  of = (field) => this.found.get(field);

  subscribe = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  tell() {
    if (!this.gone) for (const listener of [...this.listeners]) listener();
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.timer);
  }
}
