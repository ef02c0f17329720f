// The version that ran, drawn with the states of the run; nothing on it can be changed, every node can be chosen.
import { memo, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { applyNodeChanges, Controls, MiniMap, ReactFlow, ReactFlowProvider } from "@xyflow/react";
import { ContainerCard, NoteCard } from "../components/ContainerCard.jsx";
import { useColourMode } from "../components/colour_mode.js";
import { flowOf } from "../components/flow.js";
import { GroupFrame } from "../components/GroupFrame.jsx";
import { tint } from "../components/kinds.js";
import { LiveContext, useLive, useLiveNode } from "../components/live_hooks.js";
import { NodeCard } from "../components/NodeCard.jsx";
import { Opening } from "../components/Opening.jsx";
import { Paper, useDetail } from "../components/Paper.jsx";
import { stateColour } from "../components/states.js";
import { UndoWire } from "../components/UndoWire.jsx";
import { Arrow, Wire } from "../components/Wire.jsx";

const FIT = { padding: 0.08, maxZoom: 1, minZoom: 0.1 };
const EDGE = 28;
const MAP_FROM = 7; // nodes: fewer are seen at once
const ATTRIBUTION = { hideAttribution: true };

const Card = memo(function Card({ id, data, selected }) {
  const live = useLiveNode(id);
  const href = live?.approvalId ? `/approvals/${live.approvalId}` : "/approvals";
  return <NodeCard node={data.node} kind={data.kind} selected={selected} live={live} connectable={false} decideHref={href} undoes={data.undoes} undoneBy={data.undoneBy} />;
});
const Frame = memo(function Frame({ id, data, selected }) {
  const live = useLiveNode(id);
  return <ContainerCard node={data.node} kind={data.kind} selected={selected} live={live} connectable={false} undoneBy={data.undoneBy} />;
});
const Note = memo(function Note({ data }) {
  return <NoteCard node={data.node} kind={data.kind} />;
});
const Group = memo(function Group({ data }) {
  return <GroupFrame node={data.node} kind={data.kind} members={data.members} />;
});
const nodeTypes = { card: Card, container: Frame, note: Note, frame: Group };
const edgeTypes = { wire: Wire, undo: UndoWire };

function StateMap() {
  const live = useContext(LiveContext);
  const moment = useLive("wires", ({ left, run }) => `${left.size} ${run.state}`);
  const colour = useMemo(() => (entry) => {
    const { state } = live.node(entry.id);
    return state ? stateColour(state) : tint(entry.data.kind.group, "soft");
    // The map colours its nodes again only when it is given another function.
  }, [live, moment]);
  return <MiniMap pannable zoomable nodeColor={colour} nodeBorderRadius={10} maskColor="var(--slate-a3)" className="qv-map" ariaLabel="Mini-map" />;
}

/** Enter and Space choose the node that has the keyboard's focus, Escape leaves it. */
function keysFor(onChoose) {
  return (event) => {
    const id = event.target.closest?.(".react-flow__node")?.dataset.id;
    if (event.key === "Escape") onChoose(null);
    if (!id || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    onChoose(id);
  };
}

/** The drawn nodes with the sizes that the canvas measured, and the chosen one marked. */
function useDrawn(flow, chosen) {
  const [measured, setMeasured] = useState(flow.nodes);
  useEffect(() => setMeasured(flow.nodes), [flow]);
  const onNodesChange = useCallback((changes) => {
    const sizes = changes.filter((change) => change.type === "dimensions");
    if (sizes.length) setMeasured((nodes) => applyNodeChanges(sizes, nodes));
  }, []);
  const nodes = useMemo(() => measured.map((node) => (node.id === chosen ? { ...node, selected: true } : node)), [measured, chosen]);
  return { nodes, onNodesChange };
}

/** `focus` is the node where the run is: the canvas goes along until somebody moves it. */
export function RunCanvas({ diagram, kinds, chosen, focus, onChoose }) {
  const holder = useRef(null);
  const [touched, setTouched] = useState(false);
  const colourMode = useColourMode();
  const detail = useDetail(holder);
  const flow = useMemo(() => flowOf(diagram, kinds), [diagram, kinds]);
  const { nodes, onNodesChange } = useDrawn(flow, chosen);
  const choose = useCallback((_, node) => onChoose(node.id), [onChoose]);
  const room = useCallback(() => {
    const { clientWidth, clientHeight } = holder.current;
    return { x: EDGE, y: EDGE, width: clientWidth - 2 * EDGE, height: clientHeight - 2 * EDGE };
  }, []);
  const start = diagram.nodes.find((node) => kinds.get(node.kind)?.role === "start")?.id;
  const onMoveStart = useCallback((event) => event && setTouched(true), []);
  const keys = useMemo(() => keysFor(onChoose), [onChoose]);
  const leave = useCallback(() => onChoose(null), [onChoose]);
  return (
    <div className="qc qv-flow" ref={holder} data-testid="run-canvas" onKeyDown={keys}>
      <Arrow />
      <ReactFlowProvider>
        <ReactFlow
          nodes={nodes}
          onNodesChange={onNodesChange}
          edges={flow.wires}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          colorMode={colourMode}
          nodesDraggable={false}
          nodesConnectable={false}
          deleteKeyCode={null}
          onNodeClick={choose}
          onPaneClick={leave}
          onMoveStart={onMoveStart}
          onMove={detail}
          minZoom={0.1}
          maxZoom={2}
          proOptions={ATTRIBUTION}
        >
          <Paper />
          <Controls showInteractive={false} fitViewOptions={FIT} />
          <Opening room={room} start={start} focus={touched ? null : focus} />
          {flow.nodes.length > MAP_FROM && <StateMap />}
        </ReactFlow>
      </ReactFlowProvider>
    </div>
  );
}
