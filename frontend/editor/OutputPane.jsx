// What a node gave last, and its pin: frozen output that trial runs take and production ignores.

import { useState } from "react";
import { Button } from "@radix-ui/themes";
import { Icon } from "../components/icons.jsx";
import { causeOf } from "../components/live.js";
import { LiveContext, useLiveNode } from "../components/live_hooks.js";
import { StateChip } from "../components/StateMark.jsx";
import { AnyValue } from "./FormFields.jsx";
import { DataView, ViewChoice } from "./DataView.jsx";
import { useData, useDirty } from "./data_hooks.js";
import { useEditor } from "./hooks.js";
import { PortChoice } from "./MockSettings.jsx";
import { pinAs, togglePins, unpin } from "./pins.js";
import { remembered } from "./ui.js";

function Pin({ node, kind }) {
  const editor = useEditor();
  const [editing, setEditing] = useState(false);
  const readOnly = !editor.draft.canEdit;
  return (
    <div className="qe-banner" role="note" data-testid="pin-banner">
      <strong><Icon name="flag" size={13} /> Pinned: used in tests, ignored in production</strong>
      {editing && <AnyValue id="pinned-output" rows={5} label="Pinned output" value={node.pinned} readOnly={readOnly} onChange={(value) => value != null && pinAs(editor, node.id, value, node.pinned_port)} />}
      {editing && <PortChoice kind={kind} node={node} value={node.pinned_port} label="It leaves by" readOnly={readOnly} onChange={(port) => pinAs(editor, node.id, node.pinned, port)} />}
      {!readOnly && (
        <span className="qe-banner-foot">
          <button type="button" className="qe-link" data-testid="pin-edit" onClick={() => setEditing(!editing)}>{editing ? "Done" : "Edit as JSON"}</button>
          <button type="button" className="qe-link" data-testid="pin-remove" onClick={() => unpin(editor, [node.id])}>Unpin</button>
        </span>
      )}
    </div>
  );
}

function State({ id, known }) {
  const live = useLiveNode(id);
  const state = live?.state ?? known?.status;
  return state ? <StateChip state={state} /> : null;
}

export function OutputPane({ node, kind }) {
  const editor = useEditor();
  const { data, live, draft } = editor;
  const known = useData(() => data.node(node.id) ?? null);
  const why = useDirty(node.id);
  const [view, setView] = useState(() => remembered.get("output-view", "json"));
  const pinned = node.pinned != null;
  const value = pinned ? node.pinned : known?.output;
  const change = (next) => {
    setView(next);
    remembered.set("output-view", next);
  };
  return (
    <div className="qe-pane" data-testid="pane-output">
      <div className="qe-pane-head"><h3>Output</h3><LiveContext value={live}><State id={node.id} known={known} /></LiveContext><ViewChoice view={view} onChange={change} /></div>
      {pinned && <Pin node={node} kind={kind} />}
      {why && !pinned && <p className="qe-stale" data-testid="dirty-reason"><Icon name="triangle-alert" size={13} />{why} What stands here is from before.</p>}
      {known?.error && <p className="qe-wrong">{causeOf(known.error)}</p>}
      {known?.redacted ? <p className="qe-none">Your role may watch runs, not read their values.</p> : value === undefined ? <p className="qe-none">It has not been played yet. Run it to see what it gives.</p> : <DataView value={value} view={view} />}
      {known && !pinned && <p className="qe-pane-foot">{known.visits > 1 ? `The last of ${known.visits} visits. ` : ""}{known.port && known.port !== "out" ? `It left by “${known.port}”.` : ""}</p>}
      {draft.canEdit && !pinned && (
        <span className="qe-banner-foot">
          {known?.output != null && !known.redacted && <Button size="1" variant="soft" color="gray" data-testid="pin" onClick={() => togglePins(editor, [node.id])}><Icon name="flag" size={12} />Pin this output</Button>}
          {known?.output == null && !["start", "note", "exit"].includes(kind.role) && <Button size="1" variant="soft" color="gray" data-testid="pin-by-hand" onClick={() => pinAs(editor, node.id, {})}><Icon name="flag" size={12} />Pin an output by hand</Button>}
        </span>
      )}
    </div>
  );
}
