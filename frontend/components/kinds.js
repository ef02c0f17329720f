// The kinds of nodes as the server tells them, and what follows from them: ports, sections, the line on a card.

import { api, entries } from "./api.js";
import { duration } from "./durations.js";

export const SECTIONS = ["Flow", "People", "AI", "Data", "Integrations", "Notes"];
const CONTAINERS = new Set(["map", "loop", "saga", "machine", "state"]);
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
export function unknownKind(name, ports = ["out"]) {
  return {
    name,
    title: name,
    group: "Notes",
    icon: "circle-help",
    help: `This server has no kind called “${name}”. Its settings and wires are kept.`,
    role: "step",
    summary: "",
    version: 1,
    ports: { fixed: ports },
    schema: { type: "object", properties: {} },
    defaults: {},
    effects: [],
    unknown: true,
  };
}

const OUT = ["out"];

/** The ports by which wires leave a node of an unknown kind: they are all that is known of its ports. */
export function portsLeft(wires) {
  const ports = [...new Set(wires.map((wire) => wire.source_port ?? "out"))].filter((port) => port !== "error").sort();
  return ports.length ? ports : OUT;
}

export const isContainer = (kind) => CONTAINERS.has(kind.role);
/** Whether a container holds nodes of this kind: machines hold states, and only they do. */
export const holds = (container, kind) => isNote(kind) || (container?.role === "machine") === (kind.role === "state");
const EXTENTS = { machine: [880, 440], state: [288, 168] };
/** How large a container is until somebody resizes it. */
export const extentOf = (kind) => EXTENTS[kind.role] ?? [560, 280];
export const NOTE_SIZE = { w: 240, h: 120 };
export const GROUP_SIZE = { w: 232, h: 64 }; // of a folded one
export const isGroup = (kind) => kind.role === "group";
/** What is only drawn and never played. */
export const isNote = (kind) => kind.role === "note" || isGroup(kind);
export const hasInput = (kind) => !["start", "exit", "note", "group"].includes(kind.role);

/** The ways out of a node, by the rule of `Ports.of`; the port for errors comes last. */
export function portsOf(kind, node) {
  const { fixed = [], each, name, unless } = kind.ports ?? {};
  const config = { ...kind.defaults, ...node.config };
  if (unless && config[unless]) return node.on_error === "route" ? ["error"] : [];
  const listed = each && Array.isArray(config[each]) ? config[each] : [];
  const named = listed.map((entry) => String((name ? entry?.[name] : entry) ?? ""));
  const ports = [...new Set([...named, ...fixed])].filter(Boolean);
  if (node.on_error === "route" && !ports.includes("error")) ports.push("error");
  return ports;
}

/** What a node leaves with, as its ports show it: a text, JSON, a list, or anything. */
export function carries({ gives }) {
  if (!gives || gives.whole === "any") return "any";
  if (gives.whole === "list") return "list";
  return gives.whole === "text" || gives.fields?.text === "text" ? "text" : "json";
}

/** One line about the key setting of a node. */
export function summaryOf(kind, node) {
  if (kind.role === "state") return node.config?.final ? "" : oneLine(portsOf(kind, { ...node, on_error: "fail" }));
  const value = kind.summary ? (node.config?.[kind.summary] ?? kind.defaults?.[kind.summary]) : null;
  if (value == null || value === "") return "";
  const seconds = kind.schema?.properties?.[kind.summary]?.widget === "duration";
  return seconds && typeof value === "number" ? duration(value * 1000) : oneLine(value);
}

/** Where a machine begins and ends. */
export const partOf = (kind, node) => (kind.role !== "state" ? "" : [node.config?.initial && "initial", node.config?.final && "final"].filter(Boolean).join(" "));

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

/** The field of a kind's settings that names the model it asks, if it asks one. */
const modelField = (kind) => Object.entries(kind?.schema?.properties ?? {}).find(([, part]) => part.widget === "model")?.[0];

/** The model that a node asks, where its kind asks one. */
export function modelOf(kind, node) {
  const field = modelField(kind);
  return field ? (node.config?.[field] ?? kind.defaults?.[field] ?? "") : "";
}

/** The provider in a model's name, `openai` in `openai:gpt-5`; models of this installation have none. */
export const providerOf = (model) => (typeof model === "string" && model.includes(":") && !model.startsWith("openvino:") ? model.split(":")[0] : null);

/** What a node may spend on models at most, in dollars. */
export const budgetOf = (kind, node) => (kind?.schema?.properties?.max_cost ? Number(node.config?.max_cost) || null : null);
