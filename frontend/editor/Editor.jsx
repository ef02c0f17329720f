// The editor island: what Reflex puts on the page of one workflow.

import { memo, Suspense, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { ReactFlowProvider } from "@xyflow/react";
import { useNavigate, useParams } from "react-router";
import "@xyflow/react/dist/style.css";
import "../components/canvas.css";
import "./editor.css";
import "./editing.css";
import "./forms.css";
import "./describe.css";
import "./history.css";
import "./panel.css";
import "./together.css";
import { api } from "../components/api.js";
import { Icon } from "../components/icons.jsx";
import { loadKinds } from "../components/kinds.js";
import { Announcer } from "./Announcer.jsx";
import { takeOver } from "./bindings.js";
import { Canvas } from "./Canvas.jsx";
import { showComment } from "./comments.js";
import { Connection } from "./Connection.jsx";
import { EditorCore } from "./editor_core.js";
import { look } from "./history.js";
import { ContextMenu } from "./ContextMenu.jsx";
import { EditorContext, useDraftState, useEditor, useModel, useUi } from "./hooks.js";
import { useKeyboard } from "./keyboard.js";
import { Offer } from "./Offer.jsx";
import { OverwrittenNotices } from "./Overwritten.jsx";
import { Palette } from "./Palette.jsx";
import { describe, ProposalStage, showPlan } from "./describing.js";
import { CommentList, CompareStage, Dialogs, FindBar, HistoryPanel, Inspector, Outline, OutlinePanel, ProblemsPanel, RunStrip, Travelled, TryMenu } from "./Panes.jsx";
import { Picker } from "./Picker.jsx";
import { TopBar } from "./TopBar.jsx";
import { copyRun } from "./trying.js";

const CHANGING = new Set(["workflow.edit", "workflow.publish", "run.start", "run.steer"]); // not by a link for looking only
const NARROW = "(max-width: 720px)";

async function opened(workflowId) {
  const [me, workflow, kinds] = await Promise.all([api.get("/me"), api.get(`/workflows/${encodeURIComponent(workflowId)}`), loadKinds()]);
  takeOver(me.shortcuts);
  const permissions = new Set(me.permissions);
  const query = new URLSearchParams(window.location.search);
  const looking = query.get("view") === "only";
  const may = (permission) => permissions.has(permission) && !(looking && CHANGING.has(permission));
  const who = { id: me.account_id, name: me.name, may, mayIfNotLooking: looking && permissions.has("workflow.edit") };
  const editor = new EditorCore({ workflowId: workflow.id, workflow, me: who, kinds });
  if (query.has("describe") && may("workflow.edit")) describe(editor);
  if (query.get("plan") && may("workflow.edit")) showPlan(editor, query.get("plan"));
  if (query.get("version")) look(editor, { before: query.get("before"), after: query.get("version") });
  return editor;
}

function useOpened(workflowId) {
  const [state, setState] = useState({});
  useEffect(() => {
    if (!workflowId) return undefined;
    let gone = false;
    let editor = null;
    setState({});
    opened(workflowId).then(
      (made) => {
        editor = made;
        if (gone) made.destroy();
        else setState({ editor: made });
      },
      (problem) => !gone && setState({ problem }),
    );
    return () => {
      gone = true;
      editor?.destroy();
    };
  }, [workflowId]);
  return state;
}

function useNarrow() {
  const query = useMemo(() => window.matchMedia(NARROW), []);
  return useSyncExternalStore(
    (callback) => {
      query.addEventListener("change", callback);
      return () => query.removeEventListener("change", callback);
    },
    () => query.matches,
  );
}

function Hint() {
  const hint = useUi((ui) => ui.hint);
  return <div className="qe-hint" role="status" aria-live="polite" data-tone={hint?.tone}>{hint && <span>{hint.text}</span>}</div>;
}

function Empty() {
  const { draft, run } = useEditor();
  const empty = useModel((model) => model.nodes.size === 0);
  const { saved } = useDraftState();
  if (!empty || saved === "loading") return null;
  return (
    <div className="qe-empty">
      <h2>An empty sheet</h2>
      {draft.canEdit ? (
        <p>
          Drag a node from the palette, or press <kbd>N</kbd> or double-click anywhere. Begin with <button type="button" className="qe-link" onClick={() => run("add")}>a Start node</button>, or <button type="button" className="qe-link" data-testid="empty-describe" onClick={() => run("describe")}>describe it</button>.
        </p>
      ) : (
        <p>Nobody has drawn anything here yet.</p>
      )}
    </div>
  );
}

function Wide() {
  return (
    <div className="qe-stage">
      <Canvas />
      <Empty />
      <Palette />
      <Inspector />
      <OutlinePanel />
      <ProblemsPanel />
      <CommentList />
      <HistoryPanel />
      <RunStrip />
      <Picker />
      <Offer />
      <FindBar />
      <ContextMenu />
    </div>
  );
}

function Narrow() {
  return (
    <div className="qe-stage qe-stage-narrow">
      <Outline />
      <ProblemsPanel />
      <CommentList />
      <HistoryPanel />
      <RunStrip />
    </div>
  );
}

/** What an address asks for is shown when the draft has come. */
function onceThere(editor, look) {
  if (look()) return undefined;
  const stop = editor.model.subscribe(() => look() && stop());
  return stop;
}

const Opened = memo(function Opened({ editor, nodeId, runId, commentId }) {
  const narrow = useNarrow();
  const comparing = useSyncExternalStore(editor.ui.subscribe, () => editor.ui.state.compared);
  useKeyboard(editor);
  editor.navigate = useNavigate();
  useEffect(() => {
    if (runId) copyRun(editor, runId);
  }, [editor, runId]);
  useEffect(() => (nodeId ? onceThere(editor, () => editor.model.node(nodeId) && editor.flow && (editor.show(nodeId), true)) : undefined), [editor, nodeId]);
  useEffect(() => (commentId ? onceThere(editor, () => editor.model.comments.has(commentId) && (narrow || editor.flow) && (showComment(editor, commentId), true)) : undefined), [editor, commentId, narrow]);
  return (
    <EditorContext value={editor}>
      <ReactFlowProvider>
        <div className="qe-editor" data-testid="editor" data-can-edit={editor.draft.canEdit}>
          <TopBar />
          {comparing?.proposal ? <Suspense fallback={<div className="qe-loading" aria-busy="true" aria-label="Loading the proposal" />}><ProposalStage /></Suspense> : comparing ? <CompareStage /> : narrow ? <Narrow /> : <Wide />}
          <Connection />
          <OverwrittenNotices />
          <Announcer />
          <TryMenu />
          <Travelled />
          <Dialogs />
          <Hint />
        </div>
      </ReactFlowProvider>
    </EditorContext>
  );
});

function Refused({ problem }) {
  return (
    <div className="qe-loading" role="alert">
      <Icon name="circle-alert" size={24} />
      <strong>{problem.message}</strong>
      {problem.fix && <span>{problem.fix}</span>}
      <a className="qe-link" href="/workflows">All workflows</a>
    </div>
  );
}

/** The address of the page says which workflow it is, so nothing has to come from the server first. */
export function Editor() {
  const { workflow_id: workflowId } = useParams();
  const { editor, problem } = useOpened(workflowId);
  const [nodeId, runId, commentId] = useMemo(() => ["node", "run", "comment"].map((name) => new URLSearchParams(window.location.search).get(name)), [workflowId]);
  if (problem) return <Refused problem={problem} />;
  if (!editor) return <div className="qe-loading qe-bones" aria-busy="true" aria-label="Loading the workflow" />;
  return <Opened key={editor.workflowId} editor={editor} nodeId={nodeId} runId={runId} commentId={commentId} />;
}
