// The model as React Flow's nodes and wires; an entry keeps its identity until something of it changes.

import { useCallback, useEffect, useState } from "react";
import { applyEdgeChanges, applyNodeChanges } from "@xyflow/react";
import { kindOf, parentsFirst, sizeOf, typeOf } from "../components/flow.js";
import { useEditor } from "./hooks.js";

function nodeEntry(node, old, { model, kinds, presence }) {
  const kind = kindOf(kinds, node.kind);
  const parent = model.nodes.has(node.parent) ? node.parent : undefined;
  const held = old?.dragging ? old.position : (presence.moving.get(node.id) ?? node.position);
  const same = old && old.data.node === node && old.parentId === parent && old.position.x === held.x && old.position.y === held.y;
  if (same) return old;
  return {
    ...old,
    id: node.id,
    type: typeOf(kind),
    position: { x: held.x, y: held.y },
    parentId: parent,
    data: { node, kind },
    ariaLabel: `${node.name || kind.title}, ${kind.title}`,
    zIndex: typeOf(kind) === "card" ? 1 : 0,
    ...sizeOf(kind, old?.resizing ? [old.width, old.height] : node.size),
  };
}

function wireEntry(wire, old) {
  if (old?.data.wire === wire) return old;
  return {
    ...old,
    id: wire.id,
    type: "wire",
    source: wire.source,
    sourceHandle: wire.source_port,
    target: wire.target,
    targetHandle: wire.target_port,
    data: { wire, label: wire.label },
  };
}

function nodesFrom(old, editor) {
  const byId = new Map(old.map((entry) => [entry.id, entry]));
  const next = parentsFirst([...editor.model.nodes.values()].map((node) => nodeEntry(node, byId.get(node.id), editor)));
  return next.length === old.length && next.every((entry, i) => entry === old[i]) ? old : next;
}

function wiresFrom(old, { model }) {
  const byId = new Map(old.map((entry) => [entry.id, entry]));
  const standing = [...model.wires.values()].filter((wire) => model.nodes.has(wire.source) && model.nodes.has(wire.target));
  return standing.map((wire) => wireEntry(wire, byId.get(wire.id)));
}

const LOCAL = new Set(["position", "dimensions", "select"]);

export function useCanvasNodes() {
  const editor = useEditor();
  const [nodes, setNodes] = useState(() => nodesFrom([], editor));
  const [wires, setWires] = useState(() => wiresFrom([], editor));

  useEffect(() => {
    const draw = () => {
      setNodes((old) => nodesFrom(old, editor));
      setWires((old) => wiresFrom(old, editor));
    };
    draw();
    let moved = false;
    const drawMoves = () => {
      const moving = editor.presence.moving.size > 0;
      if (moving || moved) setNodes((old) => nodesFrom(old, editor));
      moved = moving;
    };
    const stops = [editor.model.subscribe(draw), editor.presence.subscribe(drawMoves)];
    return () => stops.forEach((stop) => stop());
  }, [editor]);

  const onNodesChange = useCallback((changes) => {
    const own = changes.filter((change) => LOCAL.has(change.type));
    if (own.length) setNodes((old) => applyNodeChanges(own, old));
  }, []);
  const onEdgesChange = useCallback((changes) => {
    const own = changes.filter((change) => change.type === "select");
    if (own.length) setWires((old) => applyEdgeChanges(own, old));
  }, []);

  /** Select exactly these nodes, also ones that are only about to appear. */
  const select = useCallback(
    (ids, wireIds = []) => {
      const chosen = new Set(ids);
      const chosenWires = new Set(wireIds);
      setNodes((old) => nodesFrom(old, editor).map((n) => (Boolean(n.selected) === chosen.has(n.id) ? n : { ...n, selected: chosen.has(n.id) })));
      setWires((old) => old.map((w) => (Boolean(w.selected) === chosenWires.has(w.id) ? w : { ...w, selected: chosenWires.has(w.id) })));
    },
    [editor],
  );
  return { nodes, wires, onNodesChange, onEdgesChange, select };
}
