// The diagram as a nested list: for narrow screens, and for whoever prefers to read it.

import { memo } from "react";
import { kindOf } from "../components/flow.js";
import { Icon } from "../components/icons.jsx";
import { isNote, summaryOf } from "../components/kinds.js";
import { LiveContext, useLiveNode } from "../components/live_hooks.js";
import { Tile } from "../components/NodeCard.jsx";
import { Elapsed, StateMark } from "../components/StateMark.jsx";
import { useEditor, useModel, useUi } from "./hooks.js";
import { NodePanel } from "./Inspector.jsx";

/** Nodes of one level in the order of the wires, as far as they have one; else from left to right. */
function inOrder(model, parent) {
  const level = model.children(parent).sort((a, b) => a.position.x - b.position.x || a.position.y - b.position.y);
  const into = new Map(level.map((node) => [node.id, 0]));
  const wires = [...model.wires.values()].filter((wire) => into.has(wire.source) && into.has(wire.target));
  for (const wire of wires) into.set(wire.target, into.get(wire.target) + 1);
  const ready = level.filter((node) => into.get(node.id) === 0);
  const ordered = [];
  while (ready.length) {
    const node = ready.shift();
    ordered.push(node);
    for (const wire of wires.filter((one) => one.source === node.id)) {
      into.set(wire.target, into.get(wire.target) - 1);
      if (into.get(wire.target) === 0) ready.push(model.node(wire.target));
    }
  }
  return [...ordered, ...level.filter((node) => !ordered.includes(node))];
}

function Row({ node, depth }) {
  const { kinds, model, openInspector } = useEditor();
  const kind = kindOf(kinds, node.kind);
  const live = useLiveNode(node.id);
  const problems = useUi((ui) => ui.problemsOf[node.id] ?? 0);
  const next = model.outOf(node.id).map((wire) => {
    const name = model.node(wire.target)?.name || wire.target;
    return wire.source_port === "out" ? name : `${wire.source_port}: ${name}`;
  });
  return (
    <button type="button" className="qe-outline-row" data-testid={`outline-${node.id}`} style={{ "--depth": depth }} onClick={() => openInspector(node.id)}>
      <Tile kind={kind} size={32} />
      <span className="qe-outline-words">
        <b className="qc-clip">{node.name || kind.title}</b>
        <small className="qc-clip">{live?.cause || (isNote(kind) ? summaryOf(kind, node).replace(/[*`#]/g, "") : summaryOf(kind, node)) || kind.title}</small>
        {next.length > 0 && !isNote(kind) && <small className="qe-outline-next"><Icon name="corner-down-right" size={11} /><span className="qc-clip">{next.join(", ")}</span></small>}
      </span>
      {problems > 0 && <span className="qc-badge" data-tone="problem"><Icon name="circle-alert" size={11} />{problems}</span>}
      {live?.state && <Elapsed since={live.startedAt} until={live.finishedAt} />}
      <StateMark state={live?.state} size={22} />
    </button>
  );
}

function Level({ parent, depth }) {
  const { model } = useEditor();
  useModel((all) => all.version);
  return inOrder(model, parent).map((node) => (
    <div key={node.id} role="listitem">
      <Row node={node} depth={depth} />
      <Level parent={node.id} depth={depth + 1} />
    </div>
  ));
}

export const Outline = memo(function Outline() {
  const { kinds, live } = useEditor();
  const id = useUi((ui) => ui.inspector);
  const node = useModel((model) => (id ? model.node(id) : null) ?? null);
  const empty = useModel((model) => model.nodes.size === 0);
  return (
    <LiveContext value={live}>
      <div className="qe-outline" data-testid="outline" role="list" aria-label="Outline of the workflow">
        {empty && <p className="qe-none">This workflow is empty. Open it on a wider screen to draw it.</p>}
        <Level parent={null} depth={0} />
      </div>
      {node && <aside className="qe-sheet-panel" data-testid="inspector" aria-label="Settings of the node"><NodePanel key={node.id} node={node} kind={kindOf(kinds, node.kind)} /></aside>}
    </LiveContext>
  );
});
