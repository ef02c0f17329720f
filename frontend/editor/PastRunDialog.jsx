// Shows a past run on the draft, so that its data can be looked at, tried with, and pinned.

import { useEffect, useState } from "react";
import { Dialog } from "@radix-ui/themes";
import { api, entries } from "../components/api.js";
import { StateChip } from "../components/StateMark.jsx";
import { useEditor } from "./hooks.js";
import { copyRun } from "./trying.js";

export function PastRunDialog({ close }) {
  const editor = useEditor();
  const [runs, setRuns] = useState(null);
  useEffect(() => {
    api.get(`/runs?workflow=${encodeURIComponent(editor.workflowId)}&limit=30`).then((page) => setRuns(entries(page)), () => setRuns([]));
  }, [editor]);
  return (
    <>
      <Dialog.Title size="4" mb="1">Copy a run to the editor</Dialog.Title>
      <p className="qe-about">Its data then stands in the panels and on the wires, and trials take it.</p>
      <div className="qe-command-list" data-testid="past-runs">
        {runs?.length === 0 && <p className="qe-none">This workflow has no runs yet.</p>}
        {(runs ?? []).map((run) => (
          <button key={run.id} type="button" className="qe-command qe-past-run" data-testid={`past-${run.id}`} onClick={() => {
            copyRun(editor, run.id);
            close();
          }}>
            <StateChip state={run.status} />
            <span className="qc-clip">{new Date(run.created_at).toLocaleString()}</span>
            <small>{run.version_number ? `version ${run.version_number}` : "draft"} · {run.trigger}</small>
          </button>
        ))}
      </div>
    </>
  );
}
