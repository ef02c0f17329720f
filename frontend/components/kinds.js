// The kinds of nodes as the server tells them, and what follows from them: ports, sections, the line on a card.

import { api, entries } from "./api.js";
import { duration } from "./durations.js";

export const SECTIONS = ["Flow", "People", "AI", "Data", "Integrations", "Notes"];
const CONTAINERS = new Set(["map", "loop"]);
let asked = null;

/** All kinds by name; asked once a page. */
export function loadKinds() {
  asked ??= api.get("/kinds").then((page) => new Map(entries(page).map((kind) => [kind.name, kind])));
  asked.catch(() => {
    asked = null;
  });
  return asked;
}

/** What stands in for a kind that this server does not know, so that its node keeps its wires and settings. */
export function unknownKind(name) {
  return {
    name,
    title: name,
    group: "Notes",
    icon: "circle-help",
    help: `This server has no kind called “${name}”. Its settings and wires are kept.`,
    role: "step",
    summary: "",
    version: 1,
    ports: { fixed: ["out"] },
    schema: { type: "object", properties: {} },
    defaults: {},
    effects: [],
    unknown: true,
  };
}

export const isContainer = (kind) => CONTAINERS.has(kind.role);
export const isNote = (kind) => kind.role === "note";
export const hasInput = (kind) => kind.role !== "start" && kind.role !== "note";

/** The ways out of a node, by the rule of `Ports.of`; the port for errors comes last. */
export function portsOf(kind, node) {
  const { fixed = [], each, name } = kind.ports ?? {};
  const config = { ...kind.defaults, ...node.config };
  const listed = each && Array.isArray(config[each]) ? config[each] : [];
  const named = listed.map((entry) => String((name ? entry?.[name] : entry) ?? ""));
  const ports = [...new Set([...named, ...fixed])].filter(Boolean);
  if (node.on_error === "route" && !ports.includes("error")) ports.push("error");
  return ports;
}

/** One line about the key setting of a node. */
export function summaryOf(kind, node) {
  const value = kind.summary ? (node.config?.[kind.summary] ?? kind.defaults?.[kind.summary]) : null;
  if (value == null || value === "") return "";
  const seconds = kind.schema?.properties?.[kind.summary]?.widget === "duration";
  return seconds && typeof value === "number" ? duration(value * 1000) : oneLine(value);
}

function oneLine(value) {
  if (Array.isArray(value)) return value.map((entry) => nameOf(entry)).filter(Boolean).join(" · ");
  if (typeof value === "object") return value.rows ? rulesLine(value) : Object.keys(value).join(" · ");
  return String(value).replace(/\s+/g, " ").trim().slice(0, 160);
}

function nameOf(entry) {
  if (entry == null || typeof entry !== "object") return String(entry ?? "");
  return entry.title || entry.name || entry.label || entry.field || entry.key || "";
}

function rulesLine(rules) {
  const words = rules.rows.map((row) => [row.field, row.operator?.replaceAll("_", " "), plain(row.value)].filter(Boolean).join(" "));
  return words.join(rules.match === "any" ? " or " : " and ");
}

const plain = (value) => (value == null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value));

/** The CSS variable of a palette section's tint. */
export function tint(group, part = "") {
  const known = SECTIONS.includes(group) ? group.toLowerCase() : "flow";
  return `var(--qk-section-${known}${part ? `-${part}` : ""})`;
}
