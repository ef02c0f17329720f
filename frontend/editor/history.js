// The versions of a workflow: asked for, named, restored, and looked at in the place of the draft.

import { api, entries } from "../components/api.js";

const at = (editor) => `/workflows/${encodeURIComponent(editor.workflowId)}`;

/** Versions, newest first, and the names of the team's people by account. */
export async function loadHistory(editor) {
  const [versions, people, played] = await Promise.all([
    api.get(`${at(editor)}/versions`), api.get("/members").catch(() => []), api.get(`${at(editor)}/evaluations?limit=200`).catch(() => []),
  ]);
  return { versions: entries(versions), people: new Map(entries(people).map((one) => [one.account_id, one.name])), scores: scoresOf(entries(played)) };
}

/** By version, the newest score of each evaluation set. */
function scoresOf(evaluations) {
  const found = new Map();
  for (const one of evaluations.filter((each) => each.status === "done")) {
    const scores = found.get(one.version_id) ?? new Map();
    if (!scores.has(one.set_id)) scores.set(one.set_id, one);
    found.set(one.version_id, scores);
  }
  return found;
}

export const evaluationOf = (editor, one) =>
  `/workflows/${encodeURIComponent(editor.workflowId)}/evaluation${one ? `?set=${one.set_id}&evaluation=${one.id}` : ""}`;

export const called = (version) => (version.number ? `Version ${version.number}` : version.name || "A run's draft");
export const pictureOf = (editor, version) => `/api/v1${at(editor)}/versions/${encodeURIComponent(version.id)}/thumbnail.svg`;

/** A link that shows the draft, or a version, to everybody of the team without letting them change it. */
export function linkTo(editor, version = null) {
  const query = version ? `version=${encodeURIComponent(version.number ?? version.id)}` : "view=only";
  return `${window.location.origin}/workflows/${encodeURIComponent(editor.workflowId)}?${query}`;
}

export async function copyLink(editor, version = null) {
  const link = linkTo(editor, version);
  try {
    await navigator.clipboard.writeText(link);
    editor.ui.hint("The link is in the clipboard. It opens for members of your team, who cannot change anything there.", "success");
  } catch {
    window.prompt("Copy this link:", link);
  }
}

/** `before` null shows `after` alone; both are versions by id or number, or "draft". */
export function look(editor, { before = null, after }) {
  editor.select?.([]);
  editor.ui.set({ compared: { before, after }, inspector: null, problemsOpen: false, picker: null, selection: [], selectedWires: [] });
}

export const leave = (editor) => editor.ui.set({ compared: null });

export async function compared(editor, { before, after }) {
  if (after === "draft" || before === "draft") await editor.saved().catch(() => {});
  if (!before) return { before: null, after: await drawing(editor, after), changes: [] };
  return api.get(`${at(editor)}/compare?before=${encodeURIComponent(before)}&after=${encodeURIComponent(after)}`);
}

const drawing = async (editor, version) => (await api.get(`${at(editor)}/versions/${encodeURIComponent(version)}`)).diagram;

export async function nameVersion(editor, name, message) {
  await editor.saved();
  return api.post(`${at(editor)}/versions`, { name, message });
}

/** The draft becomes what the version was; it can be undone by restoring the version that was made of it. */
export async function restore(editor, version) {
  await editor.saved();
  await api.post(`${at(editor)}/versions/${encodeURIComponent(version.id)}/restore`);
  editor.ui.set({ compared: null, historyAt: Date.now() });
  editor.ui.hint(`The draft is ${called(version).toLowerCase()} again. What it was before is in the history.`, "success");
}

const toggle = (editor) => editor.ui.set({ history: !editor.ui.state.history, inspector: null, problemsOpen: false });
const step = (by) => (editor) => editor.stepThroughChanges?.(by);

export const HISTORY_COMMANDS = [
  { name: "name-version", title: "Name this version", group: "Run", keys: ["Mod+S"], edits: true, inFields: true, run: (e) => e.ui.set({ dialog: "name-version" }) },
  { name: "history", title: "History of versions", group: "View", keys: ["Shift+H"], run: toggle },
  { name: "evaluation", title: "Evaluate versions", group: "Run", keys: [], run: (e) => window.location.assign(evaluationOf(e)) },
  { name: "compare-published", title: "Compare the draft with what is published", group: "View", keys: [], run: (e) => look(e, { before: "published", after: "draft" }) },
  { name: "next-change", title: "Next change of a comparison", group: "View", keys: ["J"], run: step(1) },
  { name: "previous-change", title: "Previous change of a comparison", group: "View", keys: ["K"], run: step(-1) },
  { name: "copy-view-link", title: "Copy a link for looking only", group: "View", keys: [], run: (e) => copyLink(e) },
];
