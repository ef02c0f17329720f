// Tidy layout by ELK: what it is told about the nodes, and what it answers as places on our grid.

import { isContainer, isGroup, isNote, portsOf, hasInput } from "../components/kinds.js";
import { kindOf } from "../components/flow.js";
import { FRAME } from "../components/frames.js";
import { boxIn } from "./group_view.js";
import { GRID } from "./placing.js";

const ROOT = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.layered.spacing.nodeNodeBetweenLayers": "72",
  "elk.spacing.nodeNode": "40",
  "elk.layered.spacing.edgeNodeBetweenLayers": "24",
  "elk.spacing.componentComponent": "56",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.layered.crossingMinimization.semiInteractive": "true",
};
const padding = (top, left, bottom, right) => ({ "elk.padding": `[top=${top},left=${left},bottom=${bottom},right=${right}]` });
const BODY = padding(64, 32, 40, 56);
const GROUP = padding(FRAME.head, FRAME.side, FRAME.foot, FRAME.side);

/** Ports keep their order: the first way out stands highest; those of wires that have lost theirs come last. */
function ports({ model }, kind, node) {
  const side = (id, of, index) => ({ id: `${node.id}/${id}`, width: 1, height: 1, layoutOptions: { "elk.port.side": of, "elk.port.index": String(index) } });
  const all = new Set([...portsOf(kind, node), ...model.outOf(node.id).map((wire) => wire.source_port)]);
  const out = [...all].map((port, i) => side(`out/${port}`, "EAST", i));
  return hasInput(kind) || model.into(node.id).length ? [...out, side("in", "WEST", out.length)] : out;
}

function leaf(editor, node, kind) {
  const { width, height } = boxIn(editor, node);
  return { id: node.id, width, height, ports: ports(editor, kind, node), layoutOptions: { "elk.portConstraints": "FIXED_ORDER" } };
}

/** A node for ELK with all that it holds among `chosen`; null for notes, which stay where they are. */
function shape(editor, node, chosen) {
  const { model } = editor;
  const kind = kindOf(editor.kinds, node.kind);
  if (isGroup(kind)) {
    const members = model.members(node.id).filter((one) => chosen.has(one.id)).map((one) => shape(editor, one, chosen)).filter(Boolean);
    return members.length ? { id: node.id, children: members, layoutOptions: GROUP } : null;
  }
  if (isNote(kind)) return null;
  const inside = isContainer(kind) ? model.children(node.id).filter((one) => chosen.has(one.id) && !heldByGroup(editor, one, chosen)) : [];
  const children = inside.map((one) => shape(editor, one, chosen)).filter(Boolean);
  return children.length ? { ...leaf(editor, node, kind), children, layoutOptions: { ...BODY, "elk.portConstraints": "FIXED_ORDER" } } : leaf(editor, node, kind);
}

function heldByGroup({ model, kinds }, node, chosen) {
  const group = model.node(node.group);
  return Boolean(group && isGroup(kindOf(kinds, group.kind)) && chosen.has(group.id) && (group.parent ?? null) === (node.parent ?? null));
}

function edges({ model }, known) {
  const wired = [...model.wires.values()].filter((wire) => known.has(wire.source) && known.has(wire.target) && wire.source !== wire.target);
  const drawn = wired.map((wire) => ({ id: wire.id, sources: [`${wire.source}/out/${wire.source_port}`], targets: [`${wire.target}/in`] }));
  const undos = [...model.undone].filter(([undo, step]) => known.has(undo) && known.has(step) && undo !== step);
  return [...drawn, ...undos.map(([undo, step]) => ({ id: `undo-${step}>${undo}`, sources: [step], targets: [undo] }))];
}

const everything = (child) => [child, ...(child.children ?? []).flatMap(everything)];
const grid = (number) => Math.round(number / GRID) * GRID;

/** The scopes to lay out: for a selection those that it stands in, else the whole diagram. */
function scopes({ model }, ids) {
  const chosen = new Set(ids.flatMap((id) => [id, ...model.within(id)]));
  const tops = [...chosen].filter((id) => model.node(id) && !chosen.has(model.node(id).parent) && !(chosen.has(model.node(id).group)));
  return { chosen, byHome: Map.groupBy(tops, (id) => model.node(id).parent ?? null) };
}

/** Every node's place in its container, out of ELK's, which counts from whatever it was told to hold. */
function places({ model }, laid, origin) {
  const found = [];
  const visit = (child, base, depth) => {
    const group = child.children && !child.ports;
    const at = { x: base.x + child.x, y: base.y + child.y };
    if (!group) found.push({ id: child.id, x: grid(at.x), y: grid(at.y), ...(child.children ? { w: grid(child.width), h: grid(child.height) } : {}) });
    for (const inner of child.children ?? []) visit(inner, group ? at : { x: 0, y: 0 }, depth + 1);
  };
  for (const child of laid.children) visit(child, origin, 0);
  return found;
}

async function laidOut(editor, elk, ids, chosen) {
  const children = ids.map((id) => shape(editor, editor.model.node(id), chosen)).filter(Boolean);
  if (!children.length) return [];
  const all = children.flatMap(everything);
  const known = new Set(all.filter((child) => child.ports).map((child) => child.id));
  const graph = { id: "root", layoutOptions: ROOT, children, edges: edges(editor, known) };
  const boxes = ids.filter((id) => all.some((child) => child.id === id)).map((id) => boxIn(editor, editor.model.node(id)));
  const laid = await elk.layout(graph);
  const first = { x: Math.min(...laid.children.map((child) => child.x)), y: Math.min(...laid.children.map((child) => child.y)) };
  const origin = { x: Math.min(...boxes.map((box) => box.x)) - first.x, y: Math.min(...boxes.map((box) => box.y)) - first.y };
  return places(editor, laid, origin);
}

/** Where everything goes, or the nodes of `ids` with what they hold: a list of {id, x, y, w?, h?}. */
export async function tidied(editor, elk, ids = []) {
  const { chosen, byHome } = scopes(editor, ids.length ? ids : [...editor.model.nodes.keys()]);
  const found = [];
  for (const tops of byHome.values()) found.push(...(await laidOut(editor, elk, tops, chosen)));
  return found;
}
