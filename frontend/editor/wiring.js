// Which wires may be, asked once for all nodes; which of them want a text between JSON and a prompt.

import { carries, portsOf } from "../components/kinds.js";
import { CIRCLE, refusal } from "./placing.js";

/** Everything that leads to a node (`back`), or that it leads to, itself included. */
export function reached(model, id, back) {
  const next = new Map();
  for (const wire of model.wires.values()) {
    const [from, to] = back ? [wire.target, wire.source] : [wire.source, wire.target];
    if (!next.has(from)) next.set(from, []);
    next.get(from).push(to);
  }
  const seen = new Set([id]);
  for (const at of seen) for (const one of next.get(at) ?? []) seen.add(one);
  return seen;
}

/** A function that tells of each other node why no wire may join it to `start`, or an empty text; walks the wires once. */
export function refusals(model, kinds, start, outward) {
  const around = reached(model, start.node, outward);
  const view = { node: model.node, undone: model.undone, leads: (from, to) => around.has(outward ? from : to) };
  return (id) => {
    if (outward) return refusal(view, kinds, start.node, id);
    const node = model.node(id);
    if (node && !portsOf(kinds.get(node.kind) ?? { ports: {} }, node).length) return "Nothing leaves this node.";
    return refusal(view, kinds, id, start.node);
  };
}

/** The model as if a wire were gone, for asking whether it may come back elsewhere. */
export function without(model, wireId) {
  const wires = new Map([...model.wires].filter(([id]) => id !== wireId));
  const view = { wires, node: model.node, undone: model.undone };
  return { ...view, leads: (from, to) => reached(view, from, false).has(to) };
}

export const isCircle = (why) => why === CIRCLE;

export function firstPort(editor, id) {
  const node = editor.model.node(id);
  return node && portsOf(editor.kinds.get(node.kind) ?? { ports: {} }, node)[0];
}

/** The text field that a node must have filled in, while nobody has. */
export function emptyTextField(kind, node) {
  const { properties = {}, required = [] } = kind.schema ?? {};
  const field = required.find((name) => properties[name]?.widget === "template");
  return field && !node.config?.[field] ? field : null;
}

/** Whether there is more in it than a few plain values, such as the body of an answer. */
const structured = ({ gives }) => !gives.closed || gives.whole === "list" || Object.values(gives.fields ?? {}).some((type) => ["object", "list", "any"].includes(type));

/** Whether what leaves `source` has to be made a text for `target`, which has not been told yet what to read. */
export function wantsText(editor, source, port, target) {
  const [from, to] = [source, target].map((id) => editor.model.node(id));
  const [giver, taker] = [from, to].map((node) => editor.kinds.get(node?.kind));
  if (!giver || !taker || port === "error" || !editor.kinds.has("set_fields")) return false;
  const differs = taker.takes === "text" && ["json", "list"].includes(carries(giver)) && structured(giver);
  return differs && Boolean(emptyTextField(taker, to));
}
