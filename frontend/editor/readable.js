// What a node can read: the input, what its container gives, and the nodes before it, with the types of their fields.

import { kindOf } from "../components/flow.js";

const FORM_TYPES = { text: "text", long_text: "text", choice: "text", number: "number", boolean: "boolean" };
const IN_BODIES = {
  map: [["item", "The entry", "any"], ["index", "Its number, from 0", "number"]],
  loop: [["previous", "Result of the round before", "any"], ["index", "Number of the round, from 0", "number"]],
  machine: [["event", "The event that led here", "any"], ["previous", "Result of the state before", "any"], ["index", "Number of the visit, from 0", "number"]],
};
const MOST_FIELDS = 40;
const SILENT = new Set(["start", "note", "exit", "end"]);

const entry = (path, title, type, value) => ({ path, title, type, value });
const step = (name) => (/^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`);

export function typeOf(value) {
  if (value === undefined || value === null) return "any";
  if (Array.isArray(value)) return "list";
  return { string: "text", number: "number", boolean: "boolean" }[typeof value] ?? "object";
}

/** The fields of a node by the rule of `Gives.of`. */
export function fieldsOf(kind, node) {
  const { fields = {}, each } = kind.gives ?? {};
  const rows = (each && { ...kind.defaults, ...node.config }[each]) || [];
  const named = rows.filter((row) => row?.name).map((row) => [row.name, FORM_TYPES[row.type] ?? "any"]);
  return { ...fields, ...Object.fromEntries(named) };
}

/** What is known of the parts of a value: what its kind declares, and what it was in the last run. */
function parts(path, declared, sample, depth = 0) {
  const seen = typeOf(sample) === "object" ? Object.entries(sample) : [];
  const types = { ...Object.fromEntries(seen.map(([name, value]) => [name, typeOf(value)])), ...declared };
  return Object.keys(types).flatMap((name) => {
    const value = typeOf(sample) === "object" ? sample[name] : undefined;
    const type = types[name] === "any" ? typeOf(value) : types[name];
    const own = entry(path + step(name), name, type, value);
    return depth < 1 && type === "object" ? [own, ...parts(own.path, {}, value, depth + 1).map((one) => ({ ...one, title: `${name}.${one.title}` }))] : [own];
  }).slice(0, MOST_FIELDS);
}

function group(title, path, kind, node, sample) {
  const whole = kind.gives?.whole ?? "any";
  return { title, path, entries: [entry(path, "All of it", whole === "any" ? typeOf(sample) : whole, sample), ...parts(path, fieldsOf(kind, node), sample)] };
}

/** Every node that leads to this one in its own body. */
function before(model, id) {
  const seen = new Set();
  const waiting = [id, model.undone.get(id)].filter(Boolean);
  const into = Object.groupBy(model.wires.values(), (wire) => wire.target);
  while (waiting.length) {
    for (const { source } of into[waiting.pop()] ?? []) if (!seen.has(source) && source !== id) {
      seen.add(source);
      waiting.push(source);
    }
  }
  if (model.undone.has(id)) seen.add(model.undone.get(id));
  return [...seen].map((one) => model.node(one)).filter(Boolean).reverse();
}

/** Groups to choose from, the nearest first; `samples` are outputs of the last run by node. */
export function readable({ model, kinds }, id, samples) {
  const found = [];
  const add = (node) => {
    const kind = kindOf(kinds, node.kind);
    if (!SILENT.has(kind.role)) found.push(group(node.name || kind.title, `nodes.${node.id}`, kind, node, samples.get(node.id)));
  };
  for (let at = model.node(id), depth = 0; at && depth < 20; at = model.node(at.parent), depth += 1) {
    before(model, at.id).reverse().forEach(add);
    const around = model.node(at.parent);
    const names = IN_BODIES[kinds.get(around?.kind)?.role];
    if (names) found.push({ title: around.name || kindOf(kinds, around.kind).title, path: "", entries: names.map(([path, title, type]) => entry(path, title, type)) });
  }
  if (model.undone.has(id)) found.unshift({ title: "What is undone", path: "compensated", entries: [entry("compensated.output", "Its output", "any"), entry("compensated.input", "Its input", "any"), entry("failure.message", "Why", "text")] });
  const start = [...model.nodes.values()].find((node) => kinds.get(node.kind)?.role === "start");
  if (start && start.id !== id) found.push(group("Input of the run", "input", kindOf(kinds, start.kind), start, samples.get(start.id)));
  return found;
}
