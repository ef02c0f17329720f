// Find in the workflow: names, ids and every text of the settings, with filters; and replace as one undo step.

import { rename } from "./rename.js";

const FILTER = /(?:^|\s)(is|uses):("[^"]*"|\S+)/g;

/** `is:invalid uses:"Mail key" refund` as its filters and the text that is left. */
export function parsed(query) {
  const filters = [...query.matchAll(FILTER)].map(([, key, value]) => ({ key, value: value.replace(/^"|"$/g, "").toLowerCase() }));
  return { filters, text: query.replace(FILTER, " ").trim().toLowerCase() };
}

/** Every text of a value with its path. */
function texts(value, path = [], into = []) {
  if (typeof value === "string") into.push({ path, text: value });
  else if (value && typeof value === "object") for (const [key, inner] of Object.entries(value)) texts(inner, [...path, Array.isArray(value) ? Number(key) : key], into);
  return into;
}

/** The names of secrets that a node uses: fields that its schema calls secrets, however deep. */
function secrets(schema, value, defs = schema?.$defs ?? {}) {
  const part = schema?.$ref ? defs[schema.$ref.split("/").at(-1)] : schema;
  if (!part || value == null) return [];
  const shapes = [part, ...(part.anyOf ?? [])];
  if (typeof value === "string") return shapes.some((one) => one.widget === "secret") ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((entry) => secrets(part.items, entry, defs));
  return typeof value === "object" ? Object.entries(value).flatMap(([key, inner]) => secrets(shapes.map((one) => one.properties?.[key]).find(Boolean), inner, defs)) : [];
}

function passes({ ui, kinds }, node, { key, value }) {
  if (key === "is" && value === "invalid") return ui.state.problems.some((problem) => problem.node_id === node.id);
  if (key === "is" && value === "disabled") return Boolean(node.disabled);
  if (key === "is" && value === "pinned") return node.pinned != null;
  if (key === "is" && value === "locked") return Boolean(node.locked);
  if (key === "uses") return secrets(kinds.get(node.kind)?.schema, node.config).some((name) => name.toLowerCase() === value) || [node.kind, node.config.model, node.config.workflow].some((name) => String(name ?? "").toLowerCase() === value);
  return false;
}

/** The places of one node that can hold the text: name, id, note and settings. */
const places = (node, kind) => [
  { path: ["name"], text: node.name || kind?.title || "" },
  { path: ["id"], text: node.id },
  { path: ["note"], text: node.note || "" },
  ...texts(node.config).map(({ path, text }) => ({ path: ["config", ...path], text })),
];

/** Every hit `{id, path, text}` from left to right; a filter alone hits the node as a whole. */
export function hits(editor, query) {
  const { filters, text } = parsed(query);
  if (!filters.length && !text) return [];
  const { model, kinds } = editor;
  const nodes = [...model.nodes.values()].filter((node) => filters.every((filter) => passes(editor, node, filter)));
  const at = new Map(nodes.map((node) => [node.id, model.absolute(node)]));
  nodes.sort((a, b) => at.get(a.id).x - at.get(b.id).x || at.get(a.id).y - at.get(b.id).y);
  return nodes.flatMap((node) => {
    if (!text) return [{ id: node.id, path: ["name"], text: node.name || kinds.get(node.kind)?.title || node.id }];
    return places(node, kinds.get(node.kind)).filter((place) => place.text.toLowerCase().includes(text)).map((place) => ({ id: node.id, ...place }));
  });
}

/** The text with every occurrence replaced, whatever its case. */
export function exchanged(text, wanted, other) {
  const [low, length] = [text.toLowerCase(), wanted.length];
  let [out, from] = ["", 0];
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, from)) {
    out += text.slice(from, at) + other;
    from = at + length;
  }
  return out + text.slice(from);
}

function withText(value, [key, ...rest], text) {
  if (key === undefined) return text;
  const copy = Array.isArray(value) ? [...value] : { ...value };
  copy[key] = withText(copy[key], rest, text);
  return copy;
}

/** Replace in these hits as one undo step; ids stay, for they follow from names only by renaming. Gives how many texts changed. */
export function replaceIn(editor, found, query, other) {
  const { draft, model, edits } = editor;
  const { text: wanted } = parsed(query);
  const changes = found.filter(({ path }) => path[0] !== "id");
  if (!wanted || !changes.length) return 0;
  let count = 0;
  draft.edit(() => {
    const fields = new Map(); // what several hits in one setting come to
    for (const { id, path, text } of changes) {
      const next = exchanged(text, wanted, other);
      const node = model.node(id);
      if (!node || next === text) continue;
      count += 1;
      if (path[0] === "config") {
        const key = `${id}/${path[1]}`;
        const before = fields.get(key)?.value ?? node.config[path[1]];
        fields.set(key, { id, field: path[1], value: withText(before, path.slice(2), next) });
      } else if (path[0] === "name" && next.trim()) rename(editor, id, next.trim().slice(0, 200), { keepId: true });
      else if (path[0] === "note") edits.set(id, "note", next);
    }
    for (const { id, field, value } of fields.values()) edits.setConfig(id, field, value);
  });
  return count;
}
