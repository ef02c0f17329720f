// The version that ran, drawn with the states of the run; nothing on it can be changed, every node can be chosen.
import { memo, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { applyNodeChanges, Controls, MiniMap, ReactFlow, ReactFlowProvider } from "@xyflow/react";
import { ContainerCard } from "../components/ContainerCard.jsx";
import { useColourMode } from "../components/colour_mode.js";
import { flowOf } from "../components/flow.js";
import { tint } from "../components/kinds.js";
import { LiveContext, useLive, useLiveNode } from "../components/live_hooks.js";
import { NodeCard } from "../components/NodeCard.jsx";
import { Opening } from "../components/Opening.jsx";
import { roomIn } from "../components/opening.js";
import { Paper, useDetail } from "../components/Paper.jsx";
import { stateColour } from "../components/states.js";
import { stillNodes, stillWires } from "../components/StillNodes.jsx";
import { Arrow } from "../components/Wire.jsx";
import { BreakMarks } from "./Breakpoints.jsx";
import { TeamRow, Teams } from "./TeamRow.jsx";

const FIT = { padding: 0.08, maxZoom: 1, minZoom: 0.1 };
const MAP_FROM = 7; // nodes: fewer are seen at once
const ATTRIBUTION = { hideAttribution: true };

const Card = memo(function Card({ id, data, selected }) {
  const live = useLiveNode(id);
  const href = live?.approvalId ? `/approvals/${live.approvalId}` : "/approvals";
  return (
    <>
      <NodeCard node={data.node} kind={data.kind} selected={selected} live={live} connectable={false} decideHref={href} undoes={data.undoes} undoneBy={data.undoneBy} />
      {live?.state === "running" && live.text && <Bubble text={live.text} />}
      <TeamRow node={data.node} kind={data.kind} running={live?.state === "running"} />
      <BreakMarks id={id} name={data.node.name || data.kind.title} />
    </>
  );
});

/** What the model of this node says while it says it. */
function Bubble({ text }) {
  return (
    <div className="qv-bubble" aria-hidden="true" data-testid="bubble">
      <bdi>{text.slice(-180)}</bdi>
    </div>
  );
}
const Frame = memo(function Frame({ id, data, selected }) {
  const live = useLiveNode(id);
  return (
    <>
      <ContainerCard node={data.node} kind={data.kind} selected={selected} live={live} connectable={false} undoneBy={data.undoneBy} />
      <BreakMarks id={id} name={data.node.name || data.kind.title} />
    </>
  );
});
const nodeTypes = { card: Card, container: Frame, ...stillNodes };

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
function useDrawn(flow, chosen, classes) {
  const [measured, setMeasured] = useState(flow.nodes);
  useEffect(() => setMeasured(flow.nodes), [flow]);
  const onNodesChange = useCallback((changes) => {
    const sizes = changes.filter((change) => change.type === "dimensions");
    if (sizes.length) setMeasured((nodes) => applyNodeChanges(sizes, nodes));
  }, []);
  const nodes = useMemo(() => measured.map((node) => {
    const className = classes.get(node.id);
    return node.id === chosen || className ? { ...node, selected: node.id === chosen, className } : node;
  }), [measured, chosen, classes]);
  return { nodes, onNodesChange };
}

/** By node, how it differs from the run beside it, what became of it in a recovery, and whether the run has stopped at it. */
function classesOf({ differences, parts, steps, stopped }) {
  const by = new Map();
  const add = (id, name) => by.set(id, by.has(id) ? `${by.get(id)} ${name}` : name);
  if (differences) for (const [id, how] of differences) add(id, `qv-diff qv-diff-${how}`);
  else if (parts) for (const [id, part] of new Map(steps.map((step) => [step.nodeId, parts.get(step.key)]))) if (part) add(id, `qv-part qv-part-${part}`);
  if (stopped) add(stopped.node_id, `qv-stopped qv-stopped-${stopped.when}`);
  return by;
}

/** `focus` is the node where the run is: the canvas goes along until somebody moves it. */
export function RunCanvas({ diagram, kinds, chosen, focus, differences, parts, steps, stopped, teams, spent, onChoose }) {
  const holder = useRef(null);
  const [touched, setTouched] = useState(false);
  const colourMode = useColourMode();
  const detail = useDetail(holder);
  const flow = useMemo(() => flowOf(diagram, kinds), [diagram, kinds]);
  const classes = useMemo(() => classesOf({ differences, parts, steps, stopped }), [differences, parts, steps, stopped]);
  const { nodes, onNodesChange } = useDrawn(flow, chosen, classes);
  const choose = useCallback((_, node) => onChoose(node.id), [onChoose]);
  const room = useCallback(() => roomIn(holder.current), []);
  const start = diagram.nodes.find((node) => kinds.get(node.kind)?.role === "start")?.id;
  const onMoveStart = useCallback((event) => event && setTouched(true), []);
  const keys = useMemo(() => keysFor(onChoose), [onChoose]);
  const together = useMemo(() => ({ teams, spent }), [teams, spent]);
  const leave = useCallback(() => onChoose(null), [onChoose]);
  return (
    <div className="qc qv-flow" ref={holder} data-testid="run-canvas" data-comparing={Boolean(differences) || undefined} onKeyDown={keys}>
      <Arrow />
      <Teams.Provider value={together}>
      <ReactFlowProvider>
        <ReactFlow
          nodes={nodes}
          onNodesChange={onNodesChange}
          edges={flow.wires}
          nodeTypes={nodeTypes}
          edgeTypes={stillWires}
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
          onlyRenderVisibleElements={nodes.length > 150}
          proOptions={ATTRIBUTION}
        >
          <Paper />
          <Controls showInteractive={false} fitViewOptions={FIT} />
          <Opening room={room} start={start} focus={touched ? null : focus} />
          {flow.nodes.length > MAP_FROM && <StateMap />}
        </ReactFlow>
      </ReactFlowProvider>
      </Teams.Provider>
    </div>
  );
}
