// A wire that would go back becomes a Loop around the nodes that it goes around.

import { boxOf } from "./near.js";
import { freeId, freeName, GRID, shownNames } from "./placing.js";
import { reached } from "./wiring.js";

const EDGE = { left: 32, top: 72, right: 56, bottom: 40 };
const grid = (number) => Math.round(number / GRID) * GRID;

/** The nodes between the two ends, both included; none when one of them cannot stand in a loop. */
export function loopAround({ model, kinds }, source, target) {
  const [before, after] = [reached(model, source, true), reached(model, target, false)];
  const ids = [...after].filter((id) => before.has(id));
  const home = model.node(target)?.parent ?? null;
  const fine = ids.every((id) => (model.node(id)?.parent ?? null) === home && !["start", "end", "exit"].includes(kinds.get(model.node(id)?.kind)?.role));
  return fine && ids.length && kinds.has("loop") ? ids : null;
}

/** When a condition sent the work back, the loop ends as soon as the condition leaves the other way. */
function until({ model, kinds }, source, port) {
  const fixed = kinds.get(model.node(source).kind)?.ports?.fixed ?? [];
  if (!fixed.includes("yes") || !["yes", "no"].includes(port)) return {};
  return { until: port === "no" ? `nodes.${source}.result` : `not nodes.${source}.result` };
}

function frameAround(editor, ids) {
  const boxes = ids.map((id) => ({ ...boxOf(editor, id), ...editor.model.node(id).position }));
  const left = Math.min(...boxes.map((box) => box.x)) - EDGE.left;
  const top = Math.min(...boxes.map((box) => box.y)) - EDGE.top;
  const right = Math.max(...boxes.map((box) => box.x + box.width)) + EDGE.right;
  const bottom = Math.max(...boxes.map((box) => box.y + box.height)) + EDGE.bottom;
  return { x: grid(left), y: grid(top), w: grid(right - left), h: grid(bottom - top) };
}

/** What stood right of the nodes makes room for the frame. */
function makeRoom({ draft, model }, inside, home, frame) {
  const others = [...model.nodes.values()].filter((node) => !inside.has(node.id) && (node.parent ?? null) === home);
  const behind = others.filter((node) => node.position.x > frame.x + EDGE.left && node.position.y < frame.y + frame.h && node.position.y + 68 > frame.y);
  const by = frame.x + frame.w + 56 - Math.min(...behind.map((node) => node.position.x));
  if (!(by > 0) || !behind.length) return;
  for (const node of behind) draft.nodes.get(node.id).set("x", node.position.x + grid(by));
}

/** A wire across the border goes to the frame instead. An error that left a node by its port now leaves the loop so; one that also leads to a node inside stays caught there. */
function through({ draft, edits, model }, wire, inside, id) {
  draft.wires.delete(wire.id);
  if (inside.has(wire.target)) return edits.putWire(wire.source, wire.source_port, id, { label: wire.label });
  const failed = wire.source_port === "error";
  if (failed) {
    const stays = [...model.wires.values()].some((other) => other.source === wire.source && other.source_port === "error" && inside.has(other.target));
    if (!stays) draft.nodes.get(wire.source).delete("on_error");
    draft.nodes.get(id).set("on_error", "route");
  }
  return edits.putWire(id, failed ? "error" : "out", wire.target, { label: wire.label });
}

/** Put the nodes of the circle into a new Loop and lead its wires through the frame; one undo step. Gives the loop's id. */
export function makeLoop(editor, { source, port, target }) {
  const { draft, edits, model, kinds } = editor;
  const ids = loopAround(editor, source, target);
  const inside = new Set(ids);
  const home = model.node(target).parent ?? null;
  const frame = frameAround(editor, ids);
  const id = freeId("loop", (taken) => draft.nodes.has(taken));
  const kind = kinds.get("loop");
  draft.edit(() => {
    const config = until(editor, source, port);
    edits.put(id, { kind: "loop", kind_version: kind.version, name: freeName(kind.title, shownNames(model, kinds)), ...frame, parent: home ?? undefined, config });
    makeRoom(editor, inside, home, frame);
    for (const one of ids) {
      const [map, at] = [draft.nodes.get(one), model.node(one).position];
      for (const [key, value] of Object.entries({ x: at.x - frame.x, y: at.y - frame.y, parent: id })) map.set(key, value);
      if (!inside.has(model.node(one).group)) map.delete("group"); // its group stays outside
    }
    for (const wire of model.wires.values()) {
      const [from, to] = [inside.has(wire.source), inside.has(wire.target)];
      if (from !== to) through(editor, wire, inside, id);
    }
  });
  return id;
}
