// Where a dragged node would go: the wire under it, the container around it, the free port within reach.

import { hasInput, portsOf } from "../components/kinds.js";
import { containerAt, refusal } from "./placing.js";

const REACH = 80;
const PORT_LINE = 24; // below the upper edge of a card

/** The wire under one of these points of the screen. */
export function wireAt(...points) {
  for (const { x, y } of points) {
    const path = document.elementsFromPoint(x, y).find((at) => at.classList.contains("react-flow__edge-interaction"));
    const id = path?.closest(".react-flow__edge")?.dataset.id;
    if (id) return id;
  }
  return null;
}

export function boxOf(editor, id) {
  const inner = editor.flow.getInternalNode(id);
  const { x, y } = inner.internals.positionAbsolute;
  return { x, y, width: inner.measured.width ?? 0, height: inner.measured.height ?? 0 };
}

/** The container that a dragged node would belong to, or null. */
export function holderOf(editor, id) {
  const { model, kinds } = editor;
  const box = boxOf(editor, id);
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  return containerAt(model, kinds, middle, kinds.get(model.node(id).kind) ?? {}, new Set([id, ...model.within(id)]));
}

/** The wire that a lone node without wires can be put into where it is, or null. */
export function splice(editor, id, point) {
  const { model, kinds } = editor;
  const node = model.node(id);
  const kind = kinds.get(node?.kind);
  if (!kind || !hasInput(kind) || !portsOf(kind, node).length || model.undone?.has(id)) return null;
  const box = boxOf(editor, id);
  const inMiddle = (y) => editor.flow.flowToScreenPosition({ x: box.x + box.width / 2, y: box.y + y }, { snapToGrid: false });
  const wire = model.wires.get(wireAt(point, inMiddle(PORT_LINE), inMiddle(box.height / 2)));
  if (!wire || wire.source === id || wire.target === id) return null;
  const home = model.node(wire.source)?.parent ?? null;
  return home === (holderOf(editor, id)?.id ?? null) ? wire.id : null;
}

function handles(editor, id, type) {
  const inner = editor.flow.getInternalNode(id);
  const { x, y } = inner?.internals.positionAbsolute ?? {};
  return (inner?.internals.handleBounds?.[type] ?? []).map((port) => ({ node: id, port: port.id, x: x + port.x + port.width / 2, y: y + port.y + port.height / 2 }));
}

/** Where a port stands on the canvas. */
export const portAt = (editor, id, port, type = "source") => handles(editor, id, type).find((one) => one.port === port) ?? null;

let wired = { model: null, version: -1, ports: null };

/** The ports that wires use; asked at every look around while a node is dragged, and the same until the draft changes. */
function usedPorts(model) {
  if (wired.model !== model || wired.version !== model.version) {
    const ports = new Set();
    for (const wire of model.wires.values()) ports.add(`${wire.source}.${wire.source_port}`).add(`>${wire.target}`);
    wired = { model, version: model.version, ports };
  }
  return wired.ports;
}

/** Nodes of the same container whose cards are so near that a port of theirs may be in reach. */
function* neighbours(editor, id) {
  const { model } = editor;
  const parent = model.node(id)?.parent ?? null;
  const box = boxOf(editor, id);
  for (const other of model.nodes.values()) {
    if (other.id === id || (other.parent ?? null) !== parent) continue;
    const inner = editor.flow.getInternalNode(other.id);
    const { x, y } = inner?.internals.positionAbsolute ?? {};
    const [right, bottom] = [x + (inner?.measured.width ?? 0), y + (inner?.measured.height ?? 0)];
    if (x - REACH <= box.x + box.width && right + REACH >= box.x && y - REACH <= box.y + box.height && bottom + REACH >= box.y) yield other;
  }
}

/** Only ports that nobody uses yet are offered, so that moving things about in a wired diagram suggests nothing. */
export function proximity(editor, id) {
  const { model, kinds } = editor;
  const used = usedPorts(model);
  const outs = handles(editor, id, "source").filter((at) => !used.has(`${id}.${at.port}`) && at.port !== "error");
  const ins = used.has(`>${id}`) ? [] : handles(editor, id, "target");
  if (!outs.length && !ins.length) return null;
  let best = null;
  const weigh = (from, to) => {
    const distance = Math.hypot(to.x - from.x, to.y - from.y);
    if (distance > REACH || distance >= (best?.distance ?? Infinity)) return;
    if (!refusal(model, kinds, from.node, to.node)) best = { from, to, distance };
  };
  for (const other of neighbours(editor, id)) {
    if (!used.has(`>${other.id}`)) for (const to of handles(editor, other.id, "target")) for (const from of outs) weigh(from, to);
    for (const from of handles(editor, other.id, "source")) if (!used.has(`${from.node}.${from.port}`) && from.port !== "error") for (const to of ins) weigh(from, to);
  }
  return best;
}
