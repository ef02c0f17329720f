// What is told of a failed node under the pointer: the whole cause, the attempt, and what can be done.

import { memo, useState } from "react";
import { Button } from "@radix-ui/themes";
import { Link } from "react-router";
import { api } from "../components/api.js";
import { useLiveRun } from "../components/live_hooks.js";
import { describe } from "./describing.js";
import { useEditor } from "./hooks.js";

async function retry(editor, run) {
  await editor.saved();
  const next = await api.post(`/runs/${run.id}/retry`);
  editor.follow(next.id);
}

export const Failure = memo(function Failure({ node, live }) {
  const editor = useEditor();
  const run = useLiveRun();
  const [busy, setBusy] = useState(false);
  const most = Math.max(live.attempt ?? 1, node.retry?.max_attempts ?? 1);
  const again = async () => {
    setBusy(true);
    await retry(editor, run).catch((problem) => editor.ui.hint(problem.message, "error"));
    setBusy(false);
  };
  return (
    <div className="qe-failure nodrag nopan nowheel" role="group" aria-label="Why it failed" data-testid={`failure-${node.id}`}>
      <p>{live.cause || "It failed."}</p>
      <small>Attempt {live.attempt ?? 1} of {most}</small>
      <div className="qe-failure-acts">
        {editor.me.may("run.start") && <Button size="1" variant="soft" loading={busy} disabled={editor.running} onClick={again}>Retry</Button>}
        {editor.draft.canEdit && <Button size="1" variant="soft" color="gray" data-testid="ask-assistant" onClick={() => describe(editor, { node_id: node.id, code: live.code ?? "", message: (live.cause ?? "").slice(0, 4000) })}>Ask assistant</Button>}
        <Link className="qe-link" to={`/runs/${run.id}`}>Open run</Link>
      </div>
    </div>
  );
});
