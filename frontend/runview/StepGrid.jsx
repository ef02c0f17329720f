// A run of very many steps at a glance: a row a node, a cell a visit, coloured by how it stands; a cell leads to its step.
import { lookOf, stateColour } from "../components/states.js";
import { shownState } from "./fold.js";
import { between } from "./time.js";

const MOST = 400;

export function StepGrid({ steps, names, now, selected, onSelect }) {
  const rows = byNode(steps);
  return (
    <div className="qv-scroll qv-grid" role="region" aria-label="Grid of steps" tabIndex={0}>
      {rows.map(([nodeId, own]) => (
        <div key={nodeId} className="qv-grid-row">
          <span className="qv-clip" title={names.get(nodeId) ?? nodeId}>{names.get(nodeId) ?? nodeId} <small className="qv-muted">{own.length.toLocaleString()}</small></span>
          <span className="qv-grid-cells">
            {own.length > MOST && <small className="qv-muted">{(own.length - MOST).toLocaleString()} earlier</small>}
            {own.slice(-MOST).map((step) => {
              const state = shownState(step);
              const words = `${lookOf(state).word}, ${step.status === "skipped" ? "not played" : between(step.startedAt, step.finishedAt ?? now)}${step.path ? `, ${step.path}` : ""}`;
              return <button key={step.key} type="button" className="qv-cell" data-chosen={step.key === selected?.key || undefined} style={{ background: stateColour(state) }} title={words} aria-label={words} onClick={() => onSelect(step)} />;
            })}
          </span>
        </div>
      ))}
    </div>
  );
}

function byNode(steps) {
  const found = new Map();
  for (const step of steps) {
    if (!found.has(step.nodeId)) found.set(step.nodeId, []);
    found.get(step.nodeId).push(step);
  }
  return [...found];
}

/** How many wires lie before each node on the longest way from the start; nodes of a circle come after those before it. */
export function depthsOf(diagram) {
  const [next, open, depths] = [new Map(), new Map(), new Map()];
  for (const node of diagram.nodes) open.set(node.id, 0);
  for (const wire of diagram.wires) {
    next.set(wire.source, [...(next.get(wire.source) ?? []), wire.target]);
    open.set(wire.target, (open.get(wire.target) ?? 0) + 1);
  }
  const ready = [...open].filter(([, count]) => count === 0).map(([id]) => id);
  for (let i = 0; i < ready.length; i += 1) {
    const depth = depths.get(ready[i]) ?? 0;
    depths.set(ready[i], depth);
    for (const target of next.get(ready[i]) ?? []) {
      depths.set(target, Math.max(depths.get(target) ?? 0, depth + 1));
      open.set(target, open.get(target) - 1);
      if (open.get(target) === 0) ready.push(target);
    }
  }
  return depths;
}
