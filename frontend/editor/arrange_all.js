// "Tidy": asks ELK, takes its answer as one undo step, and lets the nodes slide there.

import { loadElk } from "./elk_worker.js";
import { glide } from "./glide.js";
import { tidied } from "./tidy.js";
import { roomFor } from "./ui.js";
import { calm } from "./calm.js";

export async function tidy(editor) {
  const { model, ui, edits, flow } = editor;
  const ids = ui.state.selection.length > 1 ? ui.state.selection : [];
  const version = model.version;
  let moves;
  try {
    moves = await tidied(editor, await loadElk(), ids);
  } catch (error) {
    ui.hint(`The layout did not work: ${error.message}`, "error");
    return;
  }
  moves = moves.filter(({ id }) => !model.node(id)?.locked);
  if (version !== model.version) return ui.hint("The diagram changed meanwhile: tidy again.", "warning");
  const from = new Map(moves.map(({ id }) => [id, model.node(id).position]));
  if (!edits.arrange(moves)) return ui.hint("It is tidy already.");
  glide(editor, from);
  if (!ids.length) flow.fitView({ ...roomFor(editor), duration: calm() });
}
