// The editor island: what Reflex puts on the page of one workflow.

import { memo, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { ReactFlowProvider } from "@xyflow/react";
import { useParams } from "react-router";
import "@xyflow/react/dist/style.css";
import "../components/canvas.css";
import "./editor.css";
import "./forms.css";
import { api } from "../components/api.js";
import { Icon } from "../components/icons.jsx";
import { loadKinds } from "../components/kinds.js";
import { Canvas } from "./Canvas.jsx";
import { Dialogs } from "./Dialogs.jsx";
import { EditorCore } from "./editor_core.js";
import { EditorContext, useDraftState, useEditor, useModel, useUi } from "./hooks.js";
import { Inspector } from "./Inspector.jsx";
import { useKeyboard } from "./keyboard.js";
import { Offer } from "./Offer.jsx";
import { Outline } from "./Outline.jsx";
import { Palette } from "./Palette.jsx";
import { Picker } from "./Picker.jsx";
import { ProblemsPanel } from "./Problems.jsx";
import { RunStrip } from "./RunStrip.jsx";
import { TopBar } from "./TopBar.jsx";

const NARROW = "(max-width: 720px)";

async function opened(workflowId) {
  const [me, workflow, kinds] = await Promise.all([api.get("/me"), api.get(`/workflows/${encodeURIComponent(workflowId)}`), loadKinds()]);
  const permissions = new Set(me.permissions);
  const who = { id: me.account_id, name: me.name, may: (permission) => permissions.has(permission) };
  return new EditorCore({ workflowId: workflow.id, workflow, me: who, kinds });
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
          Drag a node from the palette, or press <kbd>N</kbd> or double-click anywhere. Begin with <button type="button" className="qe-link" onClick={() => run("add")}>a Start node</button>.
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
      <ProblemsPanel />
      <RunStrip />
      <Picker />
      <Offer />
    </div>
  );
}

function Narrow() {
  return (
    <div className="qe-stage qe-stage-narrow">
      <Outline />
      <ProblemsPanel />
      <RunStrip />
    </div>
  );
}

const Opened = memo(function Opened({ editor, nodeId }) {
  const narrow = useNarrow();
  useKeyboard(editor);
  useEffect(() => {
    if (!nodeId) return undefined;
    const look = () => editor.model.node(nodeId) && editor.flow && (editor.show(nodeId), true);
    if (look()) return undefined;
    const stop = editor.model.subscribe(() => look() && stop());
    return stop;
  }, [editor, nodeId]);
  return (
    <EditorContext value={editor}>
      <ReactFlowProvider>
        <div className="qe-editor" data-testid="editor" data-can-edit={editor.draft.canEdit}>
          <TopBar />
          {narrow ? <Narrow /> : <Wide />}
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
  const nodeId = useMemo(() => new URLSearchParams(window.location.search).get("node"), []);
  if (problem) return <Refused problem={problem} />;
  if (!editor) return <div className="qe-loading qe-bones" aria-busy="true" aria-label="Loading the workflow" />;
  return <Opened key={editor.workflowId} editor={editor} nodeId={nodeId} />;
}
