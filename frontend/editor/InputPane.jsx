// What a node can read: the last value of every node before it, the input of the run, and what its container gives.

import { useState } from "react";
import { Icon } from "../components/icons.jsx";
import { DataView, ViewChoice } from "./DataView.jsx";
import { useData } from "./data_hooks.js";
import { useEditor } from "./hooks.js";
import { usePanel, useReadable } from "./panel_context.js";
import { remembered } from "./ui.js";

/** Of a node that never ran only the names and types of its fields are known. */
function Declared({ entries, onPick }) {
  return (
    <div className="qe-declared">
      {entries.map((row) => (
        <button key={row.path} type="button" className="qe-readable-row" data-testid={`data-${row.path}`} title={row.path} onClick={() => onPick(row.path)}>
          <span className="qc-clip">{row.title}</span>
          <i>{row.type === "any" ? "" : row.type}</i>
          <small />
        </button>
      ))}
    </div>
  );
}

function Source({ group, sample, view, onPick, pinned, known, first }) {
  const [open, setOpen] = useState(first);
  const whole = sample !== undefined;
  return (
    <section className="qe-source" data-testid={`source-${group.path || group.title}`}>
      <header>
        <button type="button" className="qe-source-name" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name={open ? "chevron-down" : "chevron-right"} size={13} />
          <span className="qc-clip">{group.title}</span>
        </button>
        {pinned && <span className="qe-tag" title="Pinned: given in trial runs instead of playing the node"><Icon name="flag" size={11} />pinned</span>}
        {known?.visits > 1 && <span className="qe-tag" title={`Played ${known.visits} times; this is the last`}>×{known.visits}</span>}
        {!whole && group.path && <span className="qe-tag">not run yet</span>}
      </header>
      {open && (whole ? <DataView value={sample} view={view} path={group.path} onPick={onPick} /> : <Declared entries={group.entries} onPick={onPick} />)}
    </section>
  );
}

export function InputPane({ node }) {
  const { model, data, kinds } = useEditor();
  const panel = usePanel();
  const { groups, samples } = useReadable(node.id);
  const nodes = useData(() => data.state.nodes);
  const chosen = useData(() => data.state.chosen);
  const [view, setView] = useState(() => remembered.get("data-view", "tree"));
  const change = (next) => {
    setView(next);
    remembered.set("data-view", next);
  };
  const idOf = (path) => (path === "input" ? [...model.nodes.values()].find((one) => kinds.get(one.kind)?.role === "start")?.id : path.slice(6));
  return (
    <div className="qe-pane" data-testid="pane-input">
      <div className="qe-pane-head"><h3>Input</h3><ViewChoice view={view} onChange={change} /></div>
      {chosen && <p className="qe-note">Data of the run that was copied here. <button type="button" className="qe-link" onClick={() => data.use(null)}>Use the last runs</button></p>}
      {!groups.length && <p className="qe-none">Nothing leads to this node yet: wire it, and what comes in stands here.</p>}
      {groups.map((group, i) => {
        const id = group.path.startsWith("nodes.") || group.path === "input" ? idOf(group.path) : null;
        return <Source key={group.title + group.path} group={group} first={i < 4} sample={id ? samples.get(id) : undefined} view={view} pinned={Boolean(id && model.node(id)?.pinned != null)} known={id ? nodes.get(id) : null} onPick={(path) => panel?.put(path)} />;
      })}
    </div>
  );
}
