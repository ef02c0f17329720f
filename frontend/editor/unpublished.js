// How far the draft is from what is live: asked of the server after each check, told in the bar over the canvas.

import { api } from "../components/api.js";
import { look } from "./history.js";

/** Parts that differ, and among them those that only stand elsewhere; null while nothing is published. Only the last question's answer counts. */
export async function askUnpublished(editor) {
  if (!editor.workflow.published_version_id && !editor.ui.state.historyAt) return;
  const question = (editor.unpublishedQuestion = {});
  const found = await api.get(`/workflows/${encodeURIComponent(editor.workflowId)}/compare?diagrams=false`).catch(() => null);
  if (editor.gone || editor.unpublishedQuestion !== question) return;
  const changes = found?.changes ?? null;
  editor.ui.set({ unpublished: changes?.length ?? null, onlyMoved: Boolean(changes?.length) && changes.every((change) => change.how === "moved") });
}

export function wordsOf(count, onlyMoved) {
  if (onlyMoved) return "Only places differ from what is live";
  return `${count} change${count === 1 ? "" : "s"} not published`;
}

export const lookAtUnpublished = (editor) => look(editor, { before: "published", after: "draft" });
