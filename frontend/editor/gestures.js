// What a pointer does on the canvas: dragging nodes, drawing wires, dropping kinds; each ends as one edit.

import { useMemo, useRef } from "react";
import { isContainer, portsOf } from "../components/kinds.js";
import { containerAt, refusal, snapped } from "./placing.js";

export const DRAGGED_KIND = "application/x-quadrille-kind";
const MOST_SHOWN = 80; // what others see move while we drag; the room takes 16 KB of it

/** The node card under a point of the screen, by its id. */
function nodeUnder(event) {
  const point = event.changedTouches?.[0] ?? event;
  const card = document.elementsFromPoint(point.clientX, point.clientY).find((at) => at.classList.contains("react-flow__node"));
  return { id: card?.dataset.id ?? null, screen: { x: point.clientX, y: point.clientY } };
}

function moveOf(editor, entry, dragged) {
  const { model, kinds } = editor;
  const node = model.node(entry.id);
  if (!node) return null;
  if (dragged.has(node.parent)) return { id: entry.id, ...snapped(entry.position) };
  const inner = editor.flow.getInternalNode(entry.id);
  const at = inner.internals.positionAbsolute;
  const middle = { x: at.x + (inner.measured.width ?? 0) / 2, y: at.y + (inner.measured.height ?? 0) / 2 };
  const holder = containerAt(model, kinds, middle, kinds.get(node.kind) ?? {}, new Set([entry.id, ...model.within(entry.id)]));
  const parent = holder?.id ?? null;
  if (parent === (node.parent ?? null)) return { id: entry.id, ...snapped(entry.position) };
  const base = holder ? model.absolute(holder) : { x: 0, y: 0 };
  return { id: entry.id, parent, ...snapped({ x: at.x - base.x, y: at.y - base.y }) };
}

function dragging(editor) {
  return {
    onNodeDrag: (_event, _node, nodes) => {
      if (nodes.length <= MOST_SHOWN) editor.presence.say({ moving: Object.fromEntries(nodes.map((node) => [node.id, node.position])) });
    },
    onNodeDragStop: (_event, _node, nodes) => {
      const dragged = new Set(nodes.map((node) => node.id));
      const moves = nodes.map((node) => moveOf(editor, node, dragged)).filter(Boolean);
      const changed = moves.some(({ id, x, y, parent }) => {
        const old = editor.model.node(id);
        return parent !== undefined || old.position.x !== x || old.position.y !== y;
      });
      if (changed) editor.edits.move(moves);
      editor.presence.say({ moving: null });
    },
  };
}

function firstPort(editor, id) {
  const node = editor.model.node(id);
  return node && portsOf(editor.kinds.get(node.kind) ?? { ports: {} }, node)[0];
}

function connecting(editor, made) {
  const tryConnect = (source, port, target) => {
    const why = refusal(editor.model, editor.kinds, source, target);
    if (why) editor.ui.hint(why, "warning");
    else editor.edits.connect(source, port, target);
  };
  return {
    isValidConnection: ({ source, target }) => !refusal(editor.model, editor.kinds, source, target),
    onConnectStart: () => {
      made.current = false;
    },
    onConnect: ({ source, sourceHandle, target }) => {
      made.current = true;
      tryConnect(source, sourceHandle, target);
    },
    onConnectEnd: (event, state) => {
      if (made.current || !state.fromHandle) return;
      const { id, screen } = nodeUnder(event);
      const start = { node: state.fromHandle.nodeId, port: state.fromHandle.id };
      const outward = state.fromHandle.type === "source";
      const overContainer = id && isContainer(editor.kinds.get(editor.model.node(id)?.kind) ?? {});
      if (id && id !== start.node && !(overContainer && editor.model.node(start.node)?.parent === id)) {
        if (outward) tryConnect(start.node, start.port, id);
        else tryConnect(id, firstPort(editor, id), start.node);
      } else if (id !== start.node) {
        editor.openPicker({ screen, from: outward ? start : null, into: outward ? null : start });
      }
    },
  };
}

function reconnecting(editor, kept) {
  return {
    onReconnectStart: () => {
      kept.current = false;
    },
    onReconnect: (wire, { source, sourceHandle, target }) => {
      kept.current = true;
      const why = refusal({ ...viewWithout(editor.model, wire.id) }, editor.kinds, source, target);
      if (why) editor.ui.hint(why, "warning");
      else editor.edits.reconnect(wire.id, source, sourceHandle, target);
    },
    onReconnectEnd: (event, wire) => {
      if (!kept.current && !nodeUnder(event).id) editor.edits.remove([], [wire.id]);
    },
  };
}

/** The model as if a wire were gone, for asking whether it may come back elsewhere. */
function viewWithout(model, wireId) {
  const wires = [...model.wires.values()].filter((wire) => wire.id !== wireId);
  return {
    node: model.node,
    undone: model.undone,
    leads: (from, to) => {
      const seen = new Set();
      const waiting = [from];
      while (waiting.length) {
        const at = waiting.pop();
        if (at === to) return true;
        if (!seen.has(at)) for (const wire of wires) if (wire.source === at) waiting.push(wire.target);
        seen.add(at);
      }
      return false;
    },
  };
}

function dropping(editor) {
  return {
    onDragOver: (event) => {
      if (!event.dataTransfer.types.includes(DRAGGED_KIND)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    },
    onDrop: (event) => {
      const kind = event.dataTransfer.getData(DRAGGED_KIND);
      if (!kind) return;
      event.preventDefault();
      const point = editor.flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }, { snapToGrid: false });
      editor.addAt(kind, { x: point.x - 116, y: point.y - 24 }, { wire: wireUnder(event) });
    },
  };
}

function wireUnder(event) {
  const path = document.elementsFromPoint(event.clientX, event.clientY).find((at) => at.classList.contains("react-flow__edge-interaction"));
  return path?.closest(".react-flow__edge")?.dataset.id ?? null;
}

/** Handlers for React Flow that stay the same while the editor is open. */
export function useGestures(editor) {
  const made = useRef(false);
  const kept = useRef(false);
  return useMemo(
    () => (editor.draft.canEdit ? { ...dragging(editor), ...connecting(editor, made), ...reconnecting(editor, kept), ...dropping(editor) } : {}),
    [editor],
  );
}

/** Where this person points, told to the others; on the frame, for React Flow's pane is silent while it may select. */
export function usePointer(editor) {
  return useMemo(
    () => ({
      onPointerMove: (event) => editor.presence.say({ cursor: editor.flow?.screenToFlowPosition({ x: event.clientX, y: event.clientY }, { snapToGrid: false }) ?? null }),
      onPointerLeave: () => editor.presence.say({ cursor: null }),
    }),
    [editor],
  );
}
