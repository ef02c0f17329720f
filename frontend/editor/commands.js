// Every command with its keys: the keyboard, the shortcut sheet and the command palette all read this list.

import { align, distribute } from "./arrange.js";
import { keysOf } from "./bindings.js";
import { calm } from "./calm.js";
import { EDITING } from "./commands_edit.js";
import { COMMENT_COMMANDS } from "./comments.js";
import { CONNECT_COMMANDS } from "./connect.js";
import { EXPORT_COMMANDS } from "./exports.js";
import { follow } from "./follow.js";
import { HISTORY_COMMANDS, leave } from "./history.js";
import { GRID } from "./placing.js";
import { PROPOSAL_COMMANDS } from "./describing.js";
import { PROBLEM_COMMANDS } from "./problems.js";
import { remembered, roomFor } from "./ui.js";
import { togglePins, unpinAll } from "./pins.js";
import { tryNode } from "./trying.js";
import { selectAlong, walk } from "./walk.js";

export { calm };
const ids = (editor) => editor.ui.state.selection;

function nudge(editor, dx, dy) {
  const moves = ids(editor).filter((id) => !editor.model.node(id)?.locked).map((id) => {
    const { position } = editor.model.node(id);
    return { id, x: position.x + dx * GRID, y: position.y + dy * GRID };
  });
  if (moves.length) editor.edits.move(moves, `nudge:${ids(editor).join()}`);
}

function escape(editor) {
  const { mode, offer, picker, dialog, menu, selection, selectedWires, compared } = editor.ui.state;
  if (menu) editor.ui.set({ menu: null });
  else if (compared && !dialog) leave(editor);
  else if (offer) editor.ui.set({ offer: null });
  else if (editor.wiring.end()) return;
  else if (editor.ui.state.following) follow(editor, null);
  else if (picker) editor.ui.set({ picker: null });
  else if (dialog) editor.ui.set({ dialog: null });
  else if (mode === "comment") editor.ui.set({ mode: "pointer" });
  else if (selection.length || selectedWires.length) editor.select([]);
  else editor.ui.set({ inspector: null, problemsOpen: false, history: false, commentsOpen: false });
}

/** Wires between deleted nodes go with them; only wires selected by themselves count as chosen. */
function remove(editor, heal) {
  const { selectedWires: wires, selection } = editor.ui.state;
  const then = () => editor.edits.remove(selection, wires, heal);
  const kept = [...editor.clipboard.chosen(selection)].map((id) => editor.model.node(id)).filter((node) => node?.locked || node?.pinned != null);
  if (!kept.length) return then();
  const names = kept.slice(0, 3).map((node) => `“${node.name || node.id}”`).join(", ");
  const text = `${names}${kept.length > 3 ? ` and ${kept.length - 3} more` : ""} ${kept.length > 1 ? "are" : "is"} locked or ${kept.length > 1 ? "have" : "has"} a pinned output.`;
  return editor.ui.set({ dialog: "sure", sure: { title: "Delete all the same?", text, yes: "Delete", then } });
}

function addFromKeyboard(editor) {
  const [at] = ids(editor);
  const node = at && editor.model.node(at);
  if (!node) return editor.openPicker();
  const screen = editor.flow.flowToScreenPosition({ x: editor.model.absolute(node).x + 288, y: editor.model.absolute(node).y + 24 });
  const port = editor.frame.querySelector(`[data-testid="node-${at}"] .qc-port.source`)?.dataset.port;
  return editor.openPicker({ screen, from: port ? { node: at, port } : null });
}

const toggle = (editor, key) => {
  const on = !editor.ui.state[key];
  editor.ui.set({ [key]: on });
  remembered.set(key, on);
};

function toggleHealing(editor) {
  toggle(editor, "heal");
  editor.ui.hint(editor.ui.state.heal ? "Deleting a node joins its neighbours." : "Deleting a node leaves a gap.");
}

const SIDES = { centre: "centres", middle: "middles" };
const arranging = (name, title, least, run) => ({ name, title, least, group: "Arrange", keys: [], edits: true, needs: "selection", run: (e) => ids(e).length >= least && run(e) });
const step = (title, keys, dx, dy) => ({ name: `nudge-${dx}-${dy}`, title, group: "Move", keys, edits: true, needs: "selection", run: (e) => nudge(e, dx, dy) });

export const COMMANDS = [
  { name: "run", title: "Run, or stop the run", group: "Run", keys: ["Mod+Enter"], run: (e) => (e.running ? e.stopRun() : e.ui.set({ dialog: "run" })) },
  { name: "try-node", title: "Run this node", group: "Run", keys: ["Shift+Enter"], needs: "selection", run: (e) => tryNode(e, ids(e)[0], "node") },
  { name: "try-to", title: "Run to here", group: "Run", keys: [], needs: "selection", run: (e) => tryNode(e, ids(e)[0], "to") },
  { name: "try-from", title: "Run from here", group: "Run", keys: [], needs: "selection", run: (e) => tryNode(e, ids(e)[0], "from") },
  { name: "past-run", title: "Copy a run to the editor", group: "Run", keys: [], run: (e) => e.ui.set({ dialog: "past" }) },
  { name: "pin", title: "Pin the output, or unpin it", group: "Run", keys: ["P"], edits: true, needs: "selection", run: (e) => togglePins(e, ids(e)) },
  { name: "unpin-all", title: "Unpin everything", group: "Run", keys: [], edits: true, run: unpinAll },
  { name: "publish", title: "Publish", group: "Run", keys: ["Shift+P"], edits: true, run: (e) => e.ui.set({ dialog: "publish" }) },
  { name: "problems", title: "Show problems", group: "Run", keys: [], run: (e) => e.ui.set({ problemsOpen: !e.ui.state.problemsOpen, history: false, problemAt: -1 }) },
  ...PROBLEM_COMMANDS,
  ...HISTORY_COMMANDS,
  ...COMMENT_COMMANDS,
  ...CONNECT_COMMANDS,
  ...EXPORT_COMMANDS,
  ...PROPOSAL_COMMANDS,
  { name: "outline", title: "Outline", group: "View", keys: ["O"], run: (e) => e.ui.set({ outline: !e.ui.state.outline, inspector: null, history: false, problemsOpen: false }) },
  { name: "add", title: "Add a node", group: "Edit", keys: ["N"], edits: true, run: addFromKeyboard },
  { name: "undo", title: "Undo", group: "Edit", keys: ["Mod+Z"], edits: true, inFields: true, run: (e) => e.draft.undoOnce() },
  { name: "redo", title: "Redo", group: "Edit", keys: ["Mod+Shift+Z", "Mod+Y"], edits: true, inFields: true, run: (e) => e.draft.redoOnce() },
  { name: "duplicate", title: "Duplicate", group: "Edit", keys: ["Mod+D"], edits: true, needs: "selection", run: (e) => e.clipboard.duplicate() },
  { name: "delete", title: "Delete", group: "Edit", keys: ["Delete", "Backspace"], edits: true, run: (e) => remove(e, e.ui.state.heal) },
  { name: "delete-cut", title: "Delete without joining the neighbours", group: "Edit", keys: ["Shift+Delete", "Shift+Backspace"], edits: true, run: (e) => remove(e, false) },
  { name: "heal", title: "Join the neighbours of a deleted node: on or off", group: "Edit", keys: [], edits: true, run: toggleHealing },
  ...EDITING,
  { name: "rename", title: "Rename", group: "Edit", keys: ["F2"], edits: true, needs: "selection", run: (e) => e.ui.set({ renaming: ids(e)[0] }) },
  { name: "disable", title: "Disable, or enable", group: "Edit", keys: ["D"], edits: true, needs: "selection", run: (e) => e.edits.toggleDisabled(ids(e)) },
  { name: "open", title: "Open the settings", group: "Edit", keys: ["Enter"], needs: "selection", run: (e) => e.openInspector(ids(e)[0]) },
  { name: "all", title: "Select everything", group: "Select", keys: ["Mod+A"], run: (e) => e.select([...e.model.nodes.keys()]) },
  { name: "escape", title: "Clear the selection, close panels", group: "Select", keys: ["Escape"], run: escape },
  { name: "next", title: "Walk to the next node", group: "Select", keys: ["Alt+ArrowRight"], needs: "selection", run: (e) => walk(e, "next") },
  { name: "previous", title: "Walk to the node before", group: "Select", keys: ["Alt+ArrowLeft"], needs: "selection", run: (e) => walk(e, "previous") },
  { name: "above", title: "Walk to the node above", group: "Select", keys: ["Alt+ArrowUp"], needs: "selection", run: (e) => walk(e, "up") },
  { name: "below", title: "Walk to the node below", group: "Select", keys: ["Alt+ArrowDown"], needs: "selection", run: (e) => walk(e, "down") },
  { name: "upstream", title: "Select everything before", group: "Select", keys: ["Alt+Shift+ArrowLeft"], needs: "selection", run: (e) => selectAlong(e, true) },
  { name: "downstream", title: "Select everything after", group: "Select", keys: ["Alt+Shift+ArrowRight"], needs: "selection", run: (e) => selectAlong(e, false) },
  ...["left", "centre", "right", "top", "middle", "bottom"].map((side) => arranging(`align-${side}`, `Align ${SIDES[side] ?? side}`, 2, (e) => align(e, side))),
  arranging("distribute-x", "Equal gaps from left to right", 3, (e) => distribute(e, "x")),
  arranging("distribute-y", "Equal gaps from top to bottom", 3, (e) => distribute(e, "y")),
  step("Move left", ["ArrowLeft"], -1, 0),
  step("Move right", ["ArrowRight"], 1, 0),
  step("Move up", ["ArrowUp"], 0, -1),
  step("Move down", ["ArrowDown"], 0, 1),
  step("Move left by five", ["Shift+ArrowLeft"], -5, 0),
  step("Move right by five", ["Shift+ArrowRight"], 5, 0),
  step("Move up by five", ["Shift+ArrowUp"], 0, -5),
  step("Move down by five", ["Shift+ArrowDown"], 0, 5),
  { name: "zoom-in", title: "Zoom in", group: "View", keys: ["+", "="], run: (e) => e.flow.zoomIn({ duration: calm() }) },
  { name: "zoom-out", title: "Zoom out", group: "View", keys: ["-"], run: (e) => e.flow.zoomOut({ duration: calm() }) },
  { name: "zoom-100", title: "Zoom to 100 %", group: "View", keys: ["Shift+0", "0"], run: (e) => e.flow.zoomTo(1, { duration: calm() }) },
  { name: "fit", title: "Fit everything", group: "View", keys: ["Shift+1", "1"], run: (e) => e.flow.fitView({ ...roomFor(e), duration: calm() }) },
  { name: "fit-selection", title: "Fit the selection", group: "View", keys: ["Shift+2", "2"], run: (e) => e.flow.fitView({ nodes: ids(e).map((id) => ({ id })), duration: calm(), padding: 0.4, maxZoom: 1.2 }) },
  { name: "pointer", title: "Pointer", group: "View", keys: ["V"], run: (e) => e.ui.set({ mode: "pointer" }) },
  { name: "hand", title: "Hand", group: "View", keys: ["H"], run: (e) => e.ui.set({ mode: "hand" }) },
  { name: "comment", title: "Comment", group: "View", keys: ["C"], edits: true, run: (e) => e.ui.set({ mode: "comment" }) },
  { name: "minimap", title: "Mini-map", group: "View", keys: ["M"], run: (e) => toggle(e, "minimap") },
  { name: "palette", title: "Palette", group: "View", keys: ["\\"], run: (e) => toggle(e, "palette") },
  { name: "commands", title: "All commands", group: "View", keys: ["Mod+K"], inFields: true, run: (e) => e.ui.set({ dialog: "commands" }) },
  { name: "shortcuts", title: "Shortcuts", group: "View", keys: ["?"], run: (e) => e.ui.set({ dialog: "shortcuts" }) },
];

const MAC = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");
const SIGNS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Mod: MAC ? "⌘" : "Ctrl", Shift: MAC ? "⇧" : "Shift", Alt: MAC ? "⌥" : "Alt", Escape: "Esc", Delete: "Del" };

/** "Mod+Shift+Z" as people read it. */
export const shown = (keys) => keys.split(/\+(?=.)/).map((key) => SIGNS[key] ?? key);

/** A command's title with its keys, as tooltips say it. */
export function tip(name, title) {
  const command = COMMANDS.find((one) => one.name === name);
  const [keys] = keysOf(command);
  return keys ? `${title ?? command.title} (${shown(keys).join("+")})` : (title ?? command.title);
}
