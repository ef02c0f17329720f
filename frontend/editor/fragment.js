// A part of a diagram as text: the YAML of a diagram file, and back from whatever text holds one.

let yaml = null; // only copying and pasting ask for it, so it comes after the canvas

export const fetchYaml = () => import("yaml").then((found) => {
  yaml = found;
});

export const hasYaml = () => yaml !== null;

const PLAIN = { parent: null, note: "", on_error: "fail", disabled: false, locked: false, size: null, kind_version: 1 };
const FIRST = ["id", "kind", "kind_version", "name", "parent", "at", "size", "config"];

const told = ([key, value]) => value != null && JSON.stringify(value) !== JSON.stringify(PLAIN[key]);

export function fileNode({ position, ...node }) {
  const all = { ...node, at: [position.x, position.y] };
  if (!Object.keys(all.config ?? {}).length) delete all.config;
  const order = (key) => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  return Object.fromEntries(Object.entries(all).filter(told).sort(([a], [b]) => order(a) - order(b)));
}

/** A node without what every node has anyway. */
export const bare = (node) => Object.fromEntries(Object.entries(node).filter(told));

const end = (id, port, usual) => (port === usual ? id : `${id}.${port}`);

export function fileWire({ source, source_port: port, target, label }) {
  return { from: end(source, port, "out"), to: target, ...(label ? { label } : {}) };
}

/** YAML; before that has come, JSON, which is YAML too. */
export function textOf(fragment) {
  const whole = { quadrille: 1, ...fragment };
  return yaml ? yaml.stringify(whole, { lineWidth: 0 }) : JSON.stringify(whole, null, 2);
}

/** Both ends of a wire, in the short form (`from: check.yes`) and in the long one. */
function wireOf(wire) {
  const [from, ...port] = String(wire.source ?? wire.from ?? "").split(".");
  const [to] = String(wire.target ?? wire.to ?? "").split(".");
  return { source: from, source_port: wire.source_port ?? (port.join(".") || "out"), target: to, label: String(wire.label ?? "") };
}

function nodeOf({ at, position, ...node }) {
  const [x, y] = Array.isArray(at) ? at : [position?.x, position?.y];
  return { ...node, config: node.config ?? {}, position: { x: Number(x) || 0, y: Number(y) || 0 } };
}

const isNode = (node) => node && typeof node.id === "string" && typeof node.kind === "string";

function read(text) {
  const found = yaml.parse(text);
  const nodes = Array.isArray(found) ? found : found?.nodes; // a bare list of nodes will do
  if (!Array.isArray(nodes) || !nodes.length || !nodes.every(isNode)) return null;
  return { nodes: nodes.map(nodeOf), wires: (found.wires ?? []).map(wireOf) };
}

/** The texts that may be a diagram, in a message with words around it: fenced blocks, then from its first key on, then all. */
function candidates(text) {
  const fenced = [...text.matchAll(/```[\w-]*[ \t]*\r?\n([\s\S]*?)```/g)].map((found) => found[1]);
  const lines = text.split("\n");
  const first = lines.findIndex((line) => /^\s*(quadrille|nodes)\s*:/.test(line));
  if (first < 0) return [...fenced, text];
  const left = lines[first].match(/^\s*/)[0].length;
  const last = lines.findIndex((line, i) => i > first && line.trim() && line.match(/^\s*/)[0].length <= left && !/^\s*(-|[\w"]+\s*:|[#}\]])/.test(line));
  return [...fenced, lines.slice(first, last < 0 ? undefined : last).join("\n"), text];
}

/** Whether it is worth reading; what is not, belongs to somebody else. */
export const mayBeFragment = (text) => /\bnodes\b|\bkind\b/.test(text);

/** The fragment in a text, null where there is none; throws the parser's error where it looks like one and is broken. */
export function readFragment(text) {
  if (!mayBeFragment(text)) return null;
  let broken = null;
  for (const candidate of candidates(text)) {
    try {
      const found = read(candidate);
      if (found) return found;
    } catch (error) {
      broken ??= error;
    }
  }
  if (broken && /^\s*["{]?\s*(quadrille|nodes)["]?\s*:/m.test(text)) throw broken;
  return null;
}

/** References such as `nodes.classify.label` in every text of the settings follow the new ids. */
export function rewritten(value, newIds) {
  if (typeof value === "string") {
    return value
      .replace(/\bnodes\.([a-z][a-z0-9_]*)/g, (all, id) => (newIds.has(id) ? `nodes.${newIds.get(id)}` : all))
      .replace(/\bnodes\[\s*(["'])([a-z][a-z0-9_]*)\1\s*\]/g, (all, quote, id) => (newIds.has(id) ? `nodes[${quote}${newIds.get(id)}${quote}]` : all));
  }
  if (Array.isArray(value)) return value.map((entry) => rewritten(entry, newIds));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rewritten(inner, newIds)]));
  return value;
}
