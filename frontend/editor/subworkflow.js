// Part of a diagram as a workflow of its own: what it reads becomes its input, what is read of it its output.

import { api } from "../components/api.js";
import { bare } from "./fragment.js";
import { CARD, freeId, snapped } from "./placing.js";

const FIXED = { start: "begins", end: "ends", exit: "ends" };
const AROUND = /\b(item|previous|event)\s*[.[|}]|\{\{\s*(item|index|previous|event)\b/;
const READS = /\bnodes(?:\.([a-z][a-z0-9_]*)|\[\s*["']([a-z][a-z0-9_]*)["']\s*\])/g;
const INPUT = /\binput(?:\.([A-Za-z_]\w*)|\[\s*["']([A-Za-z_]\w*)["']\s*\])/g;
const WHOLE = /(\{\{\s*)input(?=\s*(?:\||\}\}))|^input$/g;
const GAP = 88;

function texts(value, into = []) {
  if (typeof value === "string") into.push(value);
  else if (value && typeof value === "object") for (const inner of Object.values(value)) texts(inner, into);
  return into;
}

function mapped(value, change) {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((entry) => mapped(entry, change));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapped(inner, change)]));
  return value;
}

const found = (nodes, pattern) => [...new Set(nodes.flatMap((node) => texts(node.config)).flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? match[2])))].filter(Boolean);

/** The chosen nodes with what they hold and what undoes them. */
function whole(model, ids) {
  const chosen = new Set(ids);
  for (const id of chosen) {
    for (const inner of model.within(id)) chosen.add(inner);
    const undo = model.node(id)?.compensate_with;
    if (undo && model.node(undo)) chosen.add(undo);
  }
  return [...chosen].map((id) => model.node(id)).filter(Boolean);
}

/** A node outside by which the way leads back inside, if there is one. */
function comingBack(model, inside, leaving) {
  const outside = new Set(leaving.map((wire) => wire.target));
  for (const id of outside) for (const wire of model.outOf(id)) {
    if (inside.has(wire.target)) return model.node(id);
    outside.add(wire.target);
  }
  return null;
}

/** Why these nodes cannot be taken out, or an empty text. */
function refusal({ model, kinds }, nodes, tops, leaving) {
  const name = (node) => `“${node.name || kinds.get(node.kind)?.title || node.id}”`;
  const played = tops.filter((node) => !["note", "group"].includes(kinds.get(node.kind)?.role));
  if (!played.length) return "Select the nodes of the sub-workflow first.";
  if (new Set(tops.map((node) => node.parent ?? null)).size > 1) return "These nodes stand in different containers; a sub-workflow takes nodes of one.";
  const fixed = nodes.find((node) => FIXED[kinds.get(node.kind)?.role]);
  if (fixed) return `${name(fixed)} ${FIXED[kinds.get(fixed.kind).role]} this workflow and stays in it. Leave it out.`;
  const state = tops.find((node) => kinds.get(node.kind)?.role === "state");
  if (state) return `${name(state)} is a state and stays in its machine.`;
  const back = comingBack(model, new Set(nodes.map((node) => node.id)), leaving);
  if (back) return `The way leaves these nodes and comes back to them by ${name(back)}. Take that in too.`;
  const around = tops[0].parent && nodes.find((node) => texts(node.config).some((text) => AROUND.test(text)));
  if (around) return `${name(around)} reads what only the container around it knows. Put that into a node outside, and read the node.`;
  const ways = [...new Set(leaving.map((wire) => `${wire.source}.${wire.source_port}`))];
  if (ways.length > 1) return `Several ways lead out of these nodes (${ways.join(", ")}); a sub-workflow has one. Take in the nodes where they meet.`;
  if (leaving.some((wire) => wire.source_port !== "out")) return `The way out is “${leaving[0].source_port}” of ${name(model.node(leaving[0].source))}; what leaves otherwise would be lost. Take in the nodes where its ways meet.`;
  return "";
}

/** What the new workflow is asked for: fields of the input that are read, and nodes outside that are read. */
function inputsOf({ model, kinds }, nodes, inside) {
  const start = [...model.nodes.values()].find((node) => kinds.get(node.kind)?.role === "start");
  const asked = new Map((start?.config.fields ?? []).map((field) => [field.name, field]));
  const fields = found(nodes, INPUT).map((name) => ({ name, value: `{{ input.${name} }}`, field: asked.get(name) ?? { name, type: "json" } }));
  const taken = new Set(fields.map((field) => field.name));
  const free = (base) => {
    const name = freeId(base, (one) => taken.has(one));
    taken.add(name);
    return name;
  };
  const outside = found(nodes, READS).filter((id) => !inside.has(id) && model.node(id));
  const read = outside.map((id) => ({ node: id, name: free(id), value: `{{ nodes.${id} }}` }));
  const all = nodes.some((node) => texts(node.config).some((text) => text.search(WHOLE) >= 0)) ? { name: free("input"), value: "{{ input }}" } : null;
  return { fields, read, all };
}

/** References in the nodes of the new workflow: what was outside is its input now. */
function inward({ read, all }) {
  const names = new Map(read.map((one) => [one.node, one.name]));
  return (text) => {
    const own = all ? text.replace(WHOLE, (_, open = "") => `${open}input.${all.name}`) : text;
    return own.replace(READS, (match, dotted, listed) => {
      const name = names.get(dotted ?? listed);
      return name ? (dotted ? `input.${name}` : `input["${name}"]`) : match;
    });
  };
}

/** What others read of the nodes inside, and how they read it afterwards. */
function outputsOf({ model }, inside, exit) {
  const others = [...model.nodes.values()].filter((node) => !inside.has(node.id));
  const read = found(others, READS).filter((id) => inside.has(id));
  const single = read.every((id) => id === exit);
  const outward = (call) => (text) => text.replace(READS, (match, dotted, listed) => {
    const id = dotted ?? listed;
    if (!inside.has(id)) return match;
    if (single) return dotted ? `nodes.${call}` : `nodes["${call}"]`;
    return dotted ? `nodes.${call}.${id}` : `nodes["${call}"]["${id}"]`;
  });
  const readers = others.filter((node) => texts(node.config).some((text) => [...text.matchAll(READS)].some((match) => inside.has(match[1] ?? match[2]))));
  return { read: single ? [] : read, outward, readers };
}

function drawnDiagram(plan, name) {
  const { nodes, inner, leaving, inputs, outputs, inside, tops, kinds } = plan;
  const fresh = (base) => freeId(base, (one) => inside.has(one));
  const [start, end] = [fresh("start"), fresh("output")];
  const left = Math.min(...tops.map((node) => node.position.x));
  const top = Math.min(...tops.map((node) => node.position.y));
  const right = Math.max(...tops.map((node) => node.position.x + (node.size?.[0] ?? CARD.width)));
  const change = inward(inputs);
  const own = new Set(tops.map((node) => node.id));
  const moved = ({ group, parent, ...node }) => bare({
    ...node,
    ...(inside.has(group) ? { group } : {}),
    ...(own.has(node.id) ? { position: { x: node.position.x - left, y: node.position.y - top } } : { parent }),
    config: mapped(node.config, change),
  });
  const led = new Set(inner.map((wire) => wire.target));
  const undone = new Set(nodes.map((node) => node.compensate_with).filter(Boolean));
  const first = tops.filter((node) => !led.has(node.id) && !undone.has(node.id) && !["note", "group"].includes(kinds.get(node.kind)?.role));
  const fields = [...inputs.fields.map((one) => one.field), ...[...inputs.read, inputs.all].filter(Boolean).map((one) => ({ name: one.name, type: "json" }))];
  const given = outputs.read.map((id) => ({ name: id, value: `{{ nodes.${id} }}` }));
  const ends = leaving.length || given.length ? [{ id: end, kind: "output", config: given.length ? { fields: given } : {}, position: { x: right - left + GAP, y: 0 } }] : [];
  const sources = leaving.length ? [leaving[0].source] : first.slice(0, 1).map((node) => node.id);
  return {
    quadrille: 1,
    name,
    nodes: [{ id: start, kind: "start", config: fields.length ? { fields } : {}, position: { x: -CARD.width - GAP, y: 0 } }, ...nodes.map(moved), ...ends],
    wires: [
      ...first.map((node) => ({ source: start, target: node.id })),
      ...inner.map(({ source, source_port, target, label }) => ({ source, source_port, target, label })),
      ...(ends.length ? sources.map((source) => ({ source, target: end })) : []),
    ],
  };
}

/** What taking these nodes out comes to: `{why}`, or a plan with its inputs and outputs. */
export function planned(editor, ids) {
  const { model, kinds } = editor;
  const nodes = whole(model, ids);
  const inside = new Set(nodes.map((node) => node.id));
  const tops = nodes.filter((node) => !inside.has(node.parent));
  const wires = [...model.wires.values()];
  const inner = wires.filter((wire) => inside.has(wire.source) && inside.has(wire.target));
  const entering = wires.filter((wire) => !inside.has(wire.source) && inside.has(wire.target));
  const leaving = wires.filter((wire) => inside.has(wire.source) && !inside.has(wire.target));
  const why = refusal(editor, nodes, tops, leaving);
  if (why) return { why };
  return { why: "", nodes, inside, tops, inner, entering, leaving, kinds, inputs: inputsOf(editor, nodes, inside), outputs: outputsOf(editor, inside, leaving[0]?.source ?? null) };
}

/** The diagram of the new workflow. */
export const extracted = (plan, name) => drawnDiagram(plan, name);

/** Put a node that calls `workflow` in the place of the planned nodes: one undo step. Gives its id. */
export function replaced({ draft, edits, kinds }, plan, workflow, name) {
  const { tops, inside, entering, leaving, inputs, outputs } = plan;
  const id = freeId(workflow.replaceAll("-", "_"), (taken) => draft.nodes.has(taken) && !inside.has(taken));
  const given = [...inputs.fields, ...inputs.read, inputs.all].filter(Boolean).map((one) => ({ name: one.name, value: one.value }));
  const at = snapped({ x: Math.min(...tops.map((node) => node.position.x)), y: Math.min(...tops.map((node) => node.position.y)) });
  const change = outputs.outward(id);
  draft.edit(() => {
    edits.remove([...inside], [], false);
    edits.put(id, { kind: "sub_workflow", kind_version: kinds.get("sub_workflow")?.version ?? 1, name, ...at, parent: tops[0].parent ?? undefined, config: { workflow, ...(given.length ? { fields: given } : {}) } });
    for (const wire of entering) edits.putWire(wire.source, wire.source_port, id, { label: wire.label });
    for (const wire of leaving) edits.putWire(id, "out", wire.target, { label: wire.label });
    for (const reader of outputs.readers) {
      const config = draft.nodes.get(reader.id).get("config");
      for (const [key, value] of Object.entries(reader.config)) {
        const next = mapped(value, change);
        if (JSON.stringify(next) !== JSON.stringify(value)) config.set(key, next);
      }
    }
  });
  return id;
}

/** Make the workflow, publish it so that it can be called, and put its call in the place of the nodes. */
export async function makeSubworkflow(editor, ids, name) {
  const plan = planned(editor, ids);
  if (plan.why) throw new Error(plan.why);
  const workflow = await api.post("/workflows", extracted(plan, name));
  const unpublished = await api.post(`/workflows/${workflow.id}/publish`, { message: `Taken out of ${editor.model.meta.name ?? "a workflow"}` }).then(() => null, (problem) => problem);
  const again = planned(editor, ids); // others may have changed it meanwhile
  if (again.why) throw new Error(again.why);
  const id = replaced(editor, again, workflow.slug, name);
  return { id, workflow, unpublished };
}
