// The diagram as a nested list that the keyboard alone can work with: the editor of narrow screens, and a panel on wide ones.

import { memo, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { kindFor, kindOf } from "../components/flow.js";
import { Icon } from "../components/icons.jsx";
import { isNote, summaryOf } from "../components/kinds.js";
import { LiveContext, useLiveNode } from "../components/live_hooks.js";
import { Tile } from "../components/NodeCard.jsx";
import { Elapsed, StateMark } from "../components/StateMark.jsx";
import { useDraftState, useEditor, useModel, useUi } from "./hooks.js";
import { NodePanel } from "./Inspector.jsx";
import { rowsOf } from "./order.js";

const nextOf = (model, id) => model.outOf(id).map((wire) => {
  const name = model.node(wire.target)?.name || wire.target;
  return wire.source_port === "out" ? name : `${wire.source_port}: ${name}`;
});

function Words({ node, kind, live }) {
  const { model } = useEditor();
  const next = nextOf(model, node.id);
  const said = live?.cause || (isNote(kind) ? summaryOf(kind, node).replace(/[*`#]/g, "") : summaryOf(kind, node)) || kind.title;
  return (
    <span className="qe-outline-words">
      <b className="qc-clip">{node.name || kind.title}</b>
      <small className="qc-clip">{said}</small>
      {next.length > 0 && !isNote(kind) && <small className="qe-outline-next"><Icon name="corner-down-right" size={11} /><span className="qc-clip">{next.join(", ")}</span></small>}
    </span>
  );
}

const Row = memo(function Row({ row, chosen, onPick, onTwist }) {
  const { kinds, model } = useEditor();
  const { node, depth } = row;
  const kind = kindFor(kinds, node, model.outOf);
  const live = useLiveNode(node.id);
  const problems = useUi((ui) => ui.problemsOf[node.id] ?? 0);
  const element = useRef(null);
  return (
    <div
      ref={element}
      role="treeitem"
      tabIndex={chosen ? 0 : -1}
      aria-level={depth + 1}
      aria-posinset={row.at}
      aria-setsize={row.of}
      aria-expanded={row.holds ? row.open : undefined}
      aria-selected={chosen}
      aria-label={`${node.name || kind.title}, ${kind.title}${problems ? `, ${problems} problems` : ""}`}
      className="qe-outline-row"
      data-testid={`outline-${node.id}`}
      data-id={node.id}
      style={{ "--depth": depth }}
      onClick={() => onPick(node.id)}
    >
      {row.holds && <span className="qe-outline-twist" aria-hidden="true" onClick={(event) => {
        event.stopPropagation();
        onTwist(node.id);
      }}><Icon name={row.open ? "chevron-down" : "chevron-right"} size={15} /></span>}
      <Tile kind={kind} size={32} />
      <Words node={node} kind={kind} live={live} />
      {problems > 0 && <span className="qc-badge" data-tone="problem"><Icon name="circle-alert" size={11} />{problems}</span>}
      {live?.state && <Elapsed since={live.startedAt} until={live.finishedAt} />}
      <StateMark state={live?.state} size={22} />
    </div>
  );
});

function Bar({ id }) {
  const editor = useEditor();
  const { canUndo, canRedo } = useDraftState();
  const tool = (name, icon, label, disabled = !id) => (
    <button key={name} type="button" className="qe-tool" title={label} aria-label={label} disabled={disabled} data-testid={`outline-do-${name}`} onClick={() => (name === "add-after" ? editor.ui.set({ dialog: "add-after", adding: id }) : editor.run(name))}>
      <Icon name={icon} size={16} />
    </button>
  );
  return (
    <div className="qe-outline-bar" role="toolbar" aria-label="Edit the chosen node">
      {tool("add-after", "plus", "Add a node after it (N)", false)}
      {tool("connect", "workflow", "Wire it to … (E)")}
      {tool("duplicate", "copy", "Duplicate")}
      {tool("disable", "ban", "Disable, or enable (D)")}
      {tool("delete", "trash-2", "Delete")}
      <span className="qe-space" />
      {tool("undo", "undo-2", "Undo", !canUndo)}
      {tool("redo", "redo-2", "Redo", !canRedo)}
    </div>
  );
}

/** What a key means for the chosen row: the id of another row, a twist, or nothing. */
function meaning(key, rows, at) {
  const row = rows[at];
  const go = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[key];
  if (go !== undefined) return { to: rows[Math.max(0, Math.min(rows.length - 1, go))]?.node.id };
  if (!row) return null;
  if (key === "ArrowRight") return row.holds && !row.open ? { twist: row.node.id } : row.holds ? { to: rows[at + 1]?.node.id } : {};
  if (key === "ArrowLeft") return row.open ? { twist: row.node.id } : { to: row.parent };
  return null;
}

/** `opens`: whether a click opens the settings, as on narrow screens. */
function Tree({ opens, takesFocus = false }) {
  const editor = useEditor();
  const { ui, draft } = editor;
  const version = useModel((model) => model.version);
  const chosen = useUi((state) => state.selection[0] ?? null);
  const [closed, setClosed] = useState(() => new Set());
  const rows = useMemo(() => rowsOf(editor.model, closed), [editor, version, closed]);
  const tree = useRef(null);
  const shown = rows.some((row) => row.node.id === chosen) ? chosen : (rows[0]?.node.id ?? null);
  const twist = useCallback((id) => setClosed((old) => {
    const next = new Set(old);
    if (!next.delete(id)) next.add(id);
    return next;
  }), []);
  const choose = useCallback((id) => {
    ui.set({ selection: [id] });
    editor.select?.([id]);
    editor.bring(id);
  }, [editor, ui]);
  const pick = useCallback((id) => {
    choose(id);
    if (opens || ui.state.inspector) editor.openInspector(id);
  }, [choose, editor, opens, ui]);
  const goTo = useRef(takesFocus ? shown : null); // taken once: nobody loses the keyboard because a row changes
  useEffect(() => {
    if (goTo.current) tree.current?.querySelector(`[data-id="${goTo.current}"]`)?.focus();
    goTo.current = null;
  }, [chosen, rows]);
  const keys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.getAttribute("role") !== "treeitem") return;
    const means = meaning(event.key, rows, rows.findIndex((row) => row.node.id === shown));
    if (means?.twist) twist(means.twist);
    else if (means?.to) {
      if (means.to !== chosen) goTo.current = means.to;
      choose(means.to);
    } else if (event.key === " ") choose(shown);
    else if (event.key === "Enter") editor.openInspector(shown);
    else if (event.key.toLowerCase() === "n" && !event.shiftKey && draft.canEdit) ui.set({ dialog: "add-after", adding: shown });
    else if (!means) return;
    event.preventDefault();
  };
  return (
    <>
      {draft.canEdit && <Bar id={chosen} />}
      <div ref={tree} className="qe-outline" data-testid="outline" role="tree" aria-label="Outline of the workflow" onKeyDown={keys}>
        {rows.length === 0 && <p className="qe-none">This workflow is empty.{draft.canEdit && " Add its first node with the plus above."}</p>}
        {rows.map((row) => <Row key={row.node.id} row={row} chosen={row.node.id === shown} onPick={pick} onTwist={twist} />)}
      </div>
    </>
  );
}

export const Outline = memo(function Outline() {
  const { kinds, live } = useEditor();
  const id = useUi((ui) => ui.inspector);
  const node = useModel((model) => (id ? model.node(id) : null) ?? null);
  return (
    <LiveContext value={live}>
      <div className="qe-outline-whole"><Tree opens /></div>
      {node && <aside className="qe-sheet-panel" data-testid="inspector" aria-label="Settings of the node"><NodePanel key={node.id} node={node} kind={kindOf(kinds, node.kind)} /></aside>}
    </LiveContext>
  );
});

export const OutlinePanel = memo(function OutlinePanel() {
  const { live, ui } = useEditor();
  const open = useUi((state) => state.outline);
  if (!open) return null;
  return (
    <LiveContext value={live}>
      <section className="qe-panel qe-float qe-outline-panel" aria-label="Outline" data-testid="outline-panel">
        <header className="qe-panel-head">
          <h2>Outline</h2>
          <button type="button" className="qe-tool" aria-label="Close the outline" onClick={() => ui.set({ outline: false })}><Icon name="x" /></button>
        </header>
        <Tree opens={false} takesFocus />
      </section>
    </LiveContext>
  );
});
