// The model as React Flow's nodes and wires; an entry keeps its identity until something of it changes.

import { useCallback, useEffect, useState } from "react";
import { applyEdgeChanges, applyNodeChanges } from "@xyflow/react";
import { kindFor, kindOf, parentsFirst, sizeOf, spokenWire, typeOf, undoEntry } from "../components/flow.js";
import { portsOf } from "../components/kinds.js";
import { drawnGroups, groupEntry, ways, withDragged } from "./group_view.js";
import { useEditor } from "./hooks.js";
import { MANY, seen, unseen } from "./unseen.js";

/** The names of what undoes a node and of what it undoes. */
function undoOf(node, { model, kinds }) {
  const name = (id) => (model.node(id) ? model.node(id).name || kindOf(kinds, model.node(id).kind).title : "");
  return { undoneBy: name(node.compensate_with), undoes: name(model.undone.get(node.id)) };
}

function nodeEntry(node, old, editor, hidden) {
  const { model, kinds, presence } = editor;
  const kind = kindFor(kinds, node, model.outOf);
  const undo = undoOf(node, editor);
  const parent = model.nodes.has(node.parent) ? node.parent : undefined;
  const held = old?.dragging ? old.position : (editor.glide.state.at?.get(node.id) ?? presence.moving.get(node.id) ?? node.position);
  const same = old && old.data.node === node && old.data.kind === kind && old.hidden === hidden && old.parentId === parent && old.position.x === held.x && old.position.y === held.y && old.data.undoneBy === undo.undoneBy && old.data.undoes === undo.undoes;
  if (same) return old;
  const guess = (!old?.measured || old.handles) && model.nodes.size > MANY && typeOf(kind) === "card" && unseen(kind, node);
  return {
    ...old,
    ...guess,
    id: node.id,
    type: typeOf(kind),
    position: { x: held.x, y: held.y },
    parentId: parent,
    hidden,
    draggable: node.locked ? false : undefined,
    data: { node, kind, ...undo },
    ariaLabel: `${node.name || kind.title}, ${kind.title}`,
    zIndex: typeOf(kind) === "card" ? 1 : 0,
    ...sizeOf(kind, old?.resizing ? [old.width, old.height] : node.size),
  };
}

/** A wire to or from what a folded group holds is drawn to the group's card. */
function wireEntry(wire, old, editor, hiding) {
  const way = ways(wire, hiding);
  const ariaLabel = spokenWire(wire, wire.source_port, (id) => editor.model.node(id)?.name || kindOf(editor.kinds, editor.model.node(id)?.kind).title);
  if (old?.data.wire === wire && old.ariaLabel === ariaLabel && old.source === way.source && old.target === way.target) return old;
  return {
    ...old,
    id: wire.id,
    type: "wire",
    ariaLabel,
    ...way,
    data: { wire, label: wire.label },
  };
}

function nodesFrom(old, editor) {
  const byId = new Map(old.map((entry) => [entry.id, entry]));
  const drawn = drawnGroups(editor, byId);
  const entry = (node) => (drawn.groups.has(node.id) ? groupEntry(node, byId.get(node.id), editor, drawn) : nodeEntry(node, byId.get(node.id), editor, drawn.hiding.has(node.id) || undefined));
  const next = parentsFirst([...editor.model.nodes.values()].map(entry));
  return next.length === old.length && next.every((entry, i) => entry === old[i]) ? old : next;
}

/** Compensations, drawn beside the wires. */
function undosFrom(byId, { model, kinds }) {
  return [...model.undone].filter(([undo, id]) => model.nodes.has(undo) && undo !== id).map(([undo, id]) => {
    const entry = undoEntry(id, undo, portsOf(kindOf(kinds, model.node(id).kind), model.node(id))[0]);
    const known = byId.get(entry.id);
    return known?.sourceHandle === entry.sourceHandle ? known : entry;
  });
}

function wiresFrom(old, editor) {
  const { model } = editor;
  const byId = new Map(old.map((entry) => [entry.id, entry]));
  const standing = [...model.wires.values()].filter((wire) => model.nodes.has(wire.source) && model.nodes.has(wire.target));
  const { hiding } = drawnGroups(editor);
  const seen = standing.filter((wire) => !hiding.has(wire.source) || hiding.get(wire.source) !== hiding.get(wire.target));
  return seen.map((wire) => wireEntry(wire, byId.get(wire.id), editor, hiding)).concat(undosFrom(byId, editor));
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
    editor.redraw = draw;
    let moved = false;
    const drawMoves = () => {
      const moving = editor.presence.moving.size > 0;
      if (moving || moved) setNodes((old) => nodesFrom(old, editor));
      moved = moving;
    };
    const drawGlide = () => setNodes((old) => nodesFrom(old, editor));
    const stops = [editor.model.subscribe(draw), editor.presence.subscribe(drawMoves), editor.glide.subscribe(drawGlide)];
    return () => stops.forEach((stop) => stop());
  }, [editor]);

  const onNodesChange = useCallback((changes) => {
    const own = changes.filter((change) => LOCAL.has(change.type));
    if (own.length) setNodes((old) => seen(applyNodeChanges(withDragged(own, old, editor), old), own));
  }, [editor]);
  const onEdgesChange = useCallback((changes) => {
    const own = changes.filter((change) => change.type === "select");
    if (!own.length) return;
    const chosen = new Set(editor.ui.state.selectedWires);
    own.forEach(({ id, selected }) => (selected ? chosen.add(id) : chosen.delete(id)));
    editor.ui.set({ selectedWires: [...chosen] }); // commands need not wait for the drawing
    setWires((old) => applyEdgeChanges(own, old));
  }, [editor]);

  /** Select exactly these nodes, also ones that are only about to appear. */
  const select = useCallback(
    (ids, wireIds = []) => {
      const chosen = new Set(ids);
      const chosenWires = new Set(wireIds);
      editor.ui.set({ selection: [...chosen].filter((id) => editor.model.nodes.has(id)), selectedWires: wireIds }); // commands need not wait for the drawing
      setNodes((old) => nodesFrom(old, editor).map((n) => (Boolean(n.selected) === chosen.has(n.id) ? n : { ...n, selected: chosen.has(n.id) })));
      setWires((old) => old.map((w) => (Boolean(w.selected) === chosenWires.has(w.id) ? w : { ...w, selected: chosenWires.has(w.id) })));
    },
    [editor],
  );
  return { nodes, wires, onNodesChange, onEdgesChange, select };
}
