// Trial runs of a part of the draft; what they need and nobody knows is asked for.

import { api } from "../components/api.js";

/** Start a trial: `how` is "node", "to" or "from". A dialog asks for what is missing; asked again before it has begun, it begins once. */
export async function tryNode(editor, id, how, given = {}) {
  const { data, ui } = editor;
  if (!editor.me.may("run.start") || editor.running || editor.beginsTrial) return null;
  editor.beginsTrial = true;
  try {
    await editor.saved();
    const run = await api.post(`/workflows/${editor.workflowId}/trials`, { node_id: id, how, ...(data.state.chosen ? { run_id: data.state.chosen } : {}), ...given });
    ui.set({ dialog: ui.state.dialog === "trial" ? null : ui.state.dialog, trial: null });
    data.put({ ...data.state, chosen: null });
    editor.follow(run.id);
    return run;
  } catch (problem) {
    ui.set({ dialog: "trial", trial: { id, how, problem, given } });
    return null;
  } finally {
    editor.beginsTrial = false;
  }
}

/** Show a past run on the draft, and take its data from now on. */
export function copyRun(editor, runId) {
  editor.follow(runId);
  return editor.data.use(runId);
}
