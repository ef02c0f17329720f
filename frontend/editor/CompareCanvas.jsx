// One canvas for two versions: added green, removed as a red ghost, changed amber, moved grey. Nothing on it can be changed.

import { memo, useCallback, useEffect, useRef, useState } from "react";
import { applyNodeChanges, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useColourMode } from "../components/colour_mode.js";
import { ContainerCard } from "../components/ContainerCard.jsx";
import { NodeCard } from "../components/NodeCard.jsx";
import { Opening } from "../components/Opening.jsx";
import { openingView } from "../components/opening.js";
import { Paper, useDetail } from "../components/Paper.jsx";
import { stillNodes, stillWires } from "../components/StillNodes.jsx";
import { Arrow } from "../components/Wire.jsx";
import { calm } from "./commands.js";
import { placesOf } from "./united.js";

const NARROW = 720;
const RESIZED = 120; // ms without another size of the window

/** What the bar above and the list of changes leave free: the list stands at the right, on narrow screens below. */
const edges = ({ clientWidth, clientHeight }) => (clientWidth > NARROW ? { left: 40, top: 72, right: 400, bottom: 40 } : { left: 16, top: 104, right: 16, bottom: clientHeight * 0.48 });
const WITHOUT_NAME = { hideAttribution: true };

const nodeTypes = {
  card: memo(({ data }) => <NodeCard node={data.node} kind={data.kind} connectable={false} undoes={data.undoes} undoneBy={data.undoneBy} />),
  container: memo(({ data }) => <ContainerCard node={data.node} kind={data.kind} connectable={false} undoneBy={data.undoneBy} />),
  ...stillNodes,
};

function goTo(canvas, ids, box) {
  const padding = Object.fromEntries(Object.entries(edges(box)).map(([side, pixels]) => [side, `${pixels + 16}px`]));
  canvas.fitView({ nodes: ids.map((id) => ({ id })), maxZoom: 1, minZoom: 0.3, duration: calm(), padding });
}

/** The canvas goes to the chosen change. */
function Going({ change, flow, frame }) {
  const canvas = useReactFlow();
  useEffect(() => {
    const ids = change ? placesOf(change, flow) : [];
    if (ids.length) goTo(canvas, ids, frame.current);
  }, [canvas, change, flow, frame]);
  return null;
}

/** Another size of the window shows the same things again: the chosen change, else all. */
function Fitting({ change, flow, frame, room, start }) {
  const canvas = useReactFlow();
  useEffect(() => {
    const box = frame.current;
    let [width, height, timer] = [box.clientWidth, box.clientHeight, null];
    const fit = () => {
      if (change && placesOf(change, flow).length) return goTo(canvas, placesOf(change, flow), box);
      const bounds = canvas.getNodesBounds(canvas.getNodes());
      return canvas.setViewport(openingView(bounds, start ? canvas.getNodesBounds([start]) : null, room()), { duration: calm() });
    };
    const look = new ResizeObserver(() => {
      if (box.clientWidth === width && box.clientHeight === height) return;
      [width, height] = [box.clientWidth, box.clientHeight];
      clearTimeout(timer);
      timer = setTimeout(fit, RESIZED);
    });
    look.observe(box);
    return () => {
      look.disconnect();
      clearTimeout(timer);
    };
  }, [canvas, change, flow, frame, room, start]);
  return null;
}

function useMeasured(flow) {
  const [nodes, setNodes] = useState(flow.nodes);
  useEffect(() => setNodes((old) => {
    const sizes = new Map(old.map((node) => [node.id, node.measured]));
    return flow.nodes.map((node) => ({ ...node, measured: sizes.get(node.id) }));
  }), [flow]);
  const onNodesChange = useCallback((changes) => {
    const sizes = changes.filter((change) => change.type === "dimensions");
    if (sizes.length) setNodes((old) => applyNodeChanges(sizes, old));
  }, []);
  return { nodes, onNodesChange };
}

export function CompareCanvas({ flow, change, onNode }) {
  const frame = useRef(null);
  const colourMode = useColourMode();
  const detail = useDetail(frame);
  const { nodes, onNodesChange } = useMeasured(flow);
  const room = useCallback(() => {
    const { clientWidth, clientHeight } = frame.current;
    const { left, top, right, bottom } = edges(frame.current);
    return { x: left, y: top, width: Math.max(200, clientWidth - left - right), height: Math.max(120, clientHeight - top - bottom) };
  }, []);
  const start = flow.nodes.find((node) => node.data.kind.role === "start")?.id;
  return (
    <div ref={frame} className="qc-canvas qe-compare-canvas" data-testid="compare-canvas">
      <Arrow />
      <ReactFlowProvider>
        <ReactFlow
          nodes={nodes}
          edges={flow.wires}
          onNodesChange={onNodesChange}
          nodeTypes={nodeTypes}
          edgeTypes={stillWires}
          onNodeClick={(_, node) => onNode(node.id)}
          onMove={detail}
          nodesDraggable={false}
          nodesConnectable={false}
          deleteKeyCode={null}
          panOnScroll
          minZoom={0.1}
          maxZoom={2}
          colorMode={colourMode}
          onlyRenderVisibleElements={nodes.length > 150}
          proOptions={WITHOUT_NAME}
        >
          <Paper />
          <Opening room={room} start={start} />
          <Going change={change} flow={flow} frame={frame} />
          <Fitting change={change} flow={flow} frame={frame} room={room} start={start} />
        </ReactFlow>
      </ReactFlowProvider>
    </div>
  );
}
