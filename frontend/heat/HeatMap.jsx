// The nodes of a workflow on its canvas, coloured by where its newest runs failed, or where their time went.
import { createContext, memo, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { Controls, ReactFlow, ReactFlowProvider } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import "../components/canvas.css";
import "./heat.css";
import { api } from "../components/api.js";
import { useColourMode } from "../components/colour_mode.js";
import { ContainerCard } from "../components/ContainerCard.jsx";
import { drawable, flowOf } from "../components/flow.js";
import { loadKinds } from "../components/kinds.js";
import { NodeCard } from "../components/NodeCard.jsx";
import { Opening } from "../components/Opening.jsx";
import { roomIn } from "../components/opening.js";
import { Paper, useDetail } from "../components/Paper.jsx";
import { stillNodes, stillWires } from "../components/StillNodes.jsx";
import { Arrow } from "../components/Wire.jsx";

const FIT = { padding: 0.08, maxZoom: 1, minZoom: 0.1 };
const MEASURES = [
  ["failure", "Failures"],
  ["latency", "Time"],
  ["cost", "Cost"],
];
const COUNTS = [10, 50, 200];
const Heat = createContext({ measure: "failure", of: () => null });

const dollars = (cost) => `$${cost < 0.01 ? cost.toPrecision(2) : cost.toFixed(2)}`;
const milliseconds = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** 0 to 1: the share of visits that failed, or the time as part of the slowest node's. */
function strength(measure, found, slowest, dearest) {
  if (!found) return 0;
  if (measure === "cost") return dearest.cost ? found.cost / dearest.cost : dearest.tokens ? found.tokens / dearest.tokens : 0;
  return measure === "failure" ? found.failure_rate : slowest ? found.p95_ms / slowest : 0;
}

function words(measure, found) {
  if (!found) return "not visited";
  if (measure === "cost") return found.tokens ? `${found.cost ? dollars(found.cost) : "free"} · ${found.tokens.toLocaleString()} tokens` : "asks no model";
  if (measure === "latency") return `${milliseconds(found.p50_ms)} · 95 %: ${milliseconds(found.p95_ms)}`;
  const retried = found.retried ? ` · ${found.retried} retried` : "";
  return `${found.failed} of ${found.visits} failed${retried}`;
}

function Warm({ id, children }) {
  const { measure, of, slowest, dearest } = useContext(Heat);
  const found = of(id);
  const heat = strength(measure, found, slowest, dearest);
  return (
    <div className="qh-node" data-testid={`heat-${id}`} data-heat={Math.round(heat * 100)} data-measure={measure} data-visited={Boolean(found)} style={{ "--qh-heat": `${Math.round(heat * 100)}%` }}>
      {children}
      <div className="qh-words">{words(measure, found)}</div>
    </div>
  );
}

const Card = memo(function Card({ id, data }) {
  return <Warm id={id}><NodeCard node={data.node} kind={data.kind} connectable={false} undoes={data.undoes} undoneBy={data.undoneBy} /></Warm>;
});
const Frame = memo(function Frame({ data }) {
  return <ContainerCard node={data.node} kind={data.kind} connectable={false} undoneBy={data.undoneBy} />;
});
const nodeTypes = { card: Card, container: Frame, ...stillNodes };

async function read(workflowId, count) {
  const [heat, kinds] = await Promise.all([api.get(`/workflows/${workflowId}/heat?runs=${count}`), loadKinds()]);
  if (!heat.version_id) return { heat, kinds, diagram: null };
  const version = await api.get(`/workflows/${workflowId}/versions/${heat.version_id}`);
  return { heat, kinds, diagram: drawable(version.diagram) };
}

function useHeat(workflowId, count) {
  const [shown, setShown] = useState({});
  useEffect(() => {
    let gone = false;
    read(workflowId, count).then((found) => !gone && setShown(found), (trouble) => !gone && setShown({ trouble }));
    return () => { gone = true; };
  }, [workflowId, count]);
  return shown;
}

function Choices({ measure, setMeasure, count, setCount, runs }) {
  return (
    <div className="qh-bar">
      {MEASURES.map(([name, word]) => (
        <button key={name} type="button" className="qk-chip" aria-pressed={measure === name} onClick={() => setMeasure(name)}>{word}</button>
      ))}
      <label className="qh-count">
        <span>Newest</span>
        <select className="qk-select" value={count} onChange={(event) => setCount(Number(event.target.value))} aria-label="How many runs">
          {COUNTS.map((one) => <option key={one} value={one}>{one} runs</option>)}
        </select>
      </label>
      <span className="qk-hint" data-testid="heat-runs">{runs === 1 ? "1 run" : `${runs ?? 0} runs`} of the published version</span>
    </div>
  );
}

function Drawing({ diagram, kinds }) {
  const holder = useRef(null);
  const colourMode = useColourMode();
  const detail = useDetail(holder);
  const flow = useMemo(() => flowOf(diagram, kinds), [diagram, kinds]);
  const start = diagram.nodes.find((node) => kinds.get(node.kind)?.role === "start")?.id;
  const room = useCallback(() => roomIn(holder.current), []);
  return (
    <div className="qc qh-flow" ref={holder} data-testid="heat-canvas">
      <Arrow />
      <ReactFlowProvider>
        <ReactFlow defaultNodes={flow.nodes} defaultEdges={flow.wires} nodeTypes={nodeTypes} edgeTypes={stillWires} colorMode={colourMode} nodesDraggable={false} nodesConnectable={false} elementsSelectable={false} deleteKeyCode={null} onMove={detail} minZoom={0.1} maxZoom={2} proOptions={{ hideAttribution: true }}>
          <Paper />
          <Controls showInteractive={false} fitViewOptions={FIT} />
          <Opening room={room} start={start} />
        </ReactFlow>
      </ReactFlowProvider>
    </div>
  );
}

function Unpublished({ workflowId }) {
  return (
    <div className="qk-empty">
      <h2>Nothing is published yet</h2>
      <p>Here you see on the canvas which nodes fail and where the time goes, over the newest runs of the published version.</p>
      <a className="qk-link" href={`/workflows/${workflowId}`}>Open the editor</a>
    </div>
  );
}

const most = (heat, field) => Math.max(0, ...(heat?.nodes ?? []).map((one) => one[field]));

export function HeatMap({ workflowId }) {
  const [measure, setMeasure] = useState("failure");
  const [count, setCount] = useState(50);
  const { heat, kinds, diagram, trouble } = useHeat(workflowId, count);
  const value = useMemo(() => {
    const byId = new Map((heat?.nodes ?? []).map((one) => [one.node_id, one]));
    return { measure, of: (id) => byId.get(id) ?? null, slowest: most(heat, "p95_ms"), dearest: { cost: most(heat, "cost"), tokens: most(heat, "tokens") } };
  }, [heat, measure]);
  if (trouble) return <div className="qk-problem" role="alert"><div><strong>{trouble.message}</strong></div></div>;
  if (!heat) return <div className="qh-flow qk-skeleton" aria-busy="true" />;
  return (
    <Heat.Provider value={value}>
      {diagram && <Choices measure={measure} setMeasure={setMeasure} count={count} setCount={setCount} runs={heat.runs} />}
      {diagram ? <Drawing key={heat.version_id} diagram={diagram} kinds={kinds} /> : <Unpublished workflowId={workflowId} />}
    </Heat.Provider>
  );
}
