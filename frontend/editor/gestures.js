// What a pointer does on the canvas: drawing wires, dropping kinds, and (in dragging.js) moving nodes.

import { useMemo, useRef } from "react";
import { isContainer } from "../components/kinds.js";
import { dragging } from "./dragging.js";
import { underPointer } from "./menu_target.js";
import { wireAt } from "./near.js";
import { offerLoop, offerText } from "./offers.js";
import { containerAt, refusal } from "./placing.js";
import { firstPort, isCircle, refusals, without } from "./wiring.js";

export const DRAGGED_KIND = "application/x-quadrille-kind";
const HALF_HEAD = { x: 116, y: 24 };

/** The node card under a point of the screen, by its id. */
export function nodeUnder(event) {
  const point = event.changedTouches?.[0] ?? event;
  const card = document.elementsFromPoint(point.clientX, point.clientY).find((at) => at.classList.contains("react-flow__node"));
  return { id: card?.dataset.id ?? null, screen: { x: point.clientX, y: point.clientY } };
}

/** Draw the wire, or say why not and what else could be done. */
export function tryConnect(editor, source, port, target, screen) {
  const why = refusal(editor.model, editor.kinds, source, target);
  if (isCircle(why)) offerLoop(editor, { source, port, target, screen });
  else if (why) editor.ui.hint(why, "warning");
  else {
    editor.edits.connect(source, port, target);
    offerText(editor, { source, port, target, screen });
  }
  return !why;
}

/** All targets show whether they fit; over one that does not, the reason stands at the pointer. */
export function showTargets(editor, start, outward, model = editor.model) {
  editor.noTargets?.();
  const why = refusals(model, editor.kinds, start, outward);
  editor.marks.targets(start.node, why);
  const follow = (event) => {
    const { id, screen } = nodeUnder(event);
    const around = id && editor.model.node(start.node)?.parent === id;
    const reason = id && id !== start.node && !around ? why(id) : "";
    editor.guide.set({ refused: reason ? { text: reason, ...screen } : null });
  };
  window.addEventListener("pointermove", follow);
  editor.noTargets = () => {
    window.removeEventListener("pointermove", follow);
    editor.marks.noTargets();
    editor.guide.set({ refused: null });
    editor.noTargets = null;
  };
}

function connecting(editor, made, pulled) {
  return {
    isValidConnection: ({ source, target }) => !refusal(editor.model, editor.kinds, source, target),
    onConnectStart: (_event, { nodeId, handleId, handleType }) => {
      made.current = null;
      if (pulled.current) return; // an end of a wire is pulled: React Flow tells of both
      showTargets(editor, { node: nodeId, port: handleId }, handleType === "source");
    },
    onConnect: ({ source, sourceHandle, target }) => {
      made.current = { source, port: sourceHandle, target };
    },
    onConnectEnd: (event, state) => {
      if (pulled.current) return undefined;
      editor.noTargets?.();
      const { id, screen } = nodeUnder(event);
      if (made.current) return tryConnect(editor, made.current.source, made.current.port, made.current.target, screen);
      if (!state.fromHandle) return undefined;
      const start = { node: state.fromHandle.nodeId, port: state.fromHandle.id };
      const outward = state.fromHandle.type === "source";
      const overContainer = id && isContainer(editor.kinds.get(editor.model.node(id)?.kind) ?? {});
      if (id && id !== start.node && !(overContainer && editor.model.node(start.node)?.parent === id)) {
        if (outward) return tryConnect(editor, start.node, start.port, id, screen);
        return tryConnect(editor, id, firstPort(editor, id), start.node, screen);
      }
      if (id !== start.node) editor.openPicker({ screen, from: outward ? start : null, into: outward ? null : start });
      return undefined;
    },
  };
}

function reconnecting(editor, pulled) {
  const move = (wire, source, port, target) => {
    const why = refusal(without(editor.model, wire.id), editor.kinds, source, target);
    if (why) editor.ui.hint(why, "warning");
    else editor.edits.reconnect(wire.id, source, port, target);
  };
  return {
    onReconnectStart: (_event, wire, type) => {
      const outward = type === "source"; // of the end that stays
      pulled.current = { outward, kept: false };
      const start = outward ? { node: wire.source, port: wire.sourceHandle } : { node: wire.target, port: wire.targetHandle };
      showTargets(editor, start, outward, without(editor.model, wire.id));
    },
    onReconnect: (wire, { source, sourceHandle, target }) => {
      pulled.current.kept = true;
      move(wire, source, sourceHandle, target);
    },
    onReconnectEnd: (event, wire) => {
      const { outward, kept } = pulled.current;
      const { id } = nodeUnder(event);
      editor.noTargets?.();
      pulled.current = null;
      if (kept) return;
      if (!id || id === editor.model.node(wire.source)?.parent) editor.edits.remove([], [wire.id]);
      else if (outward) move(wire, wire.source, wire.sourceHandle, id);
      else move(wire, id, firstPort(editor, id), wire.target);
    },
  };
}

function dropping(editor) {
  const clear = () => {
    editor.marks.only("splice", null);
    editor.marks.only("drop", null);
  };
  return {
    onDragOver: (event) => {
      if (!event.dataTransfer.types.includes(DRAGGED_KIND)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      const screen = { x: event.clientX, y: event.clientY };
      const point = editor.flow.screenToFlowPosition(screen, { snapToGrid: false });
      editor.marks.only("splice", wireAt(screen));
      editor.marks.only("drop", containerAt(editor.model, editor.kinds, point, editor.draggedKind ?? {})?.id ?? null);
    },
    onDragLeave: (event) => {
      if (!event.currentTarget.contains(event.relatedTarget)) clear();
    },
    onDrop: (event) => {
      clear();
      const kind = event.dataTransfer.getData(DRAGGED_KIND);
      if (!kind) return;
      event.preventDefault();
      const screen = { x: event.clientX, y: event.clientY };
      const point = editor.flow.screenToFlowPosition(screen, { snapToGrid: false });
      editor.addAt(kind, { x: point.x - HALF_HEAD.x, y: point.y - HALF_HEAD.y }, { wire: wireAt(screen), pointer: point });
    },
  };
}

/** Handlers for React Flow that stay the same while the editor is open. */
export function useGestures(editor) {
  const made = useRef(null);
  const pulled = useRef(null);
  return useMemo(
    () => (editor.draft.canEdit ? { ...dragging(editor), ...connecting(editor, made, pulled), ...reconnecting(editor, pulled), ...dropping(editor) } : {}),
    [editor],
  );
}

export function usePointer(editor) {
  return useMemo(
    () => ({
      onPointerMove: (event) => {
        const at = editor.flow?.screenToFlowPosition({ x: event.clientX, y: event.clientY }, { snapToGrid: false }) ?? null;
        editor.pointer = at;
        editor.presence.say({ cursor: at });
        editor.wiring?.moved(at);
      },
      onPointerLeave: () => {
        editor.pointer = null;
        editor.presence.say({ cursor: null });
      },
      onContextMenu: (event) => {
        const target = underPointer(editor, event);
        if (!target) return;
        event.preventDefault();
        editor.openMenu(target);
      },
    }),
    [editor],
  );
}
