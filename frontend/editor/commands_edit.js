// The commands that change the draft beyond adding and deleting: clipboard, groups, layout, find, and what menus offer.

import { tidy } from "./arrange_all.js";
import { fold, makeGroup, ungroup, ungroupable } from "./groups.js";
import { remembered } from "./ui.js";

const ids = (editor) => editor.ui.state.selection;

/** The clipboard without its events: from the palette and from menus. */
async function copy(editor, cut = false) {
  const text = editor.clipboard.take();
  if (!text) return;
  try {
    await navigator.clipboard.writeText(text);
    if (cut) editor.edits.remove(ids(editor));
  } catch {
    editor.ui.hint("This browser lets a page copy only by keys: press Ctrl+C.", "warning");
  }
}

async function paste(editor, withWires = false) {
  try {
    const text = await navigator.clipboard.readText();
    if (!editor.clipboard.pasteText(text, { withWires })) editor.ui.hint("The clipboard holds no diagram.", "warning");
  } catch {
    editor.ui.hint("This browser lets a page paste only by keys: press Ctrl+V.", "warning");
  }
}

function group(editor) {
  const why = ungroupable(editor, ids(editor));
  if (why) editor.ui.hint(why, "warning");
  else editor.select([makeGroup(editor, ids(editor))]);
}

function dissolve(editor) {
  const freed = ungroup(editor, ids(editor));
  if (freed.length) editor.select(freed);
  else editor.ui.hint("None of these nodes is in a group.");
}

/** A note at the pointer, or beside the selected node. */
function note(editor) {
  const node = editor.model.node(ids(editor)[0]);
  const box = editor.frame.getBoundingClientRect();
  const middle = editor.flow.screenToFlowPosition({ x: box.left + box.width / 2, y: box.top + box.height / 3 }, { snapToGrid: false });
  const beside = node && { x: editor.model.absolute(node).x, y: editor.model.absolute(node).y - 152 };
  const at = beside ?? editor.pointer ?? middle;
  editor.addAt("note", at, node ? { from: null, pointer: { x: at.x, y: at.y + 160 } } : {});
}

function lock(editor) {
  const on = !ids(editor).every((id) => editor.model.node(id)?.locked);
  editor.edits.setAll(ids(editor), "locked", on || undefined);
  editor.ui.hint(on ? "Locked: it stays where it is, and deleting asks first." : "Unlocked.");
}

function toggleSnap(editor) {
  const snap = !editor.ui.state.snap;
  editor.ui.set({ snap });
  remembered.set("snap", snap);
  editor.ui.hint(snap ? "Nodes snap to the grid." : "Nodes go anywhere; lines show where they align.");
}

const wireOf = (editor, id) => id ?? editor.ui.state.selectedWires[0];

function intoWire(editor, given) {
  const id = wireOf(editor, given);
  const box = editor.frame.querySelector(`.react-flow__edge[data-id="${CSS.escape(id ?? "")}"]`)?.getBoundingClientRect();
  if (box) editor.openPicker({ screen: { x: box.left + box.width / 2, y: box.top + box.height / 2 }, wire: id });
}

const edit = (name, title, keys, run, more = {}) => ({ name, title, group: "Edit", keys, edits: true, run, ...more });
const chosen = (name, title, keys, run, more = {}) => edit(name, title, keys, run, { needs: "selection", ...more });

export const EDITING = [
  chosen("copy", "Copy", ["Mod+C"], (e) => copy(e), { edits: false, native: true }),
  chosen("cut", "Cut", ["Mod+X"], (e) => copy(e, true), { native: true }),
  edit("paste", "Paste", ["Mod+V"], (e) => paste(e), { native: true }),
  edit("paste-wired", "Paste with the wires that led there", ["Mod+Shift+V"], (e) => paste(e, true), { native: true }),
  edit("note", "Add a note", ["Shift+S"], note),
  chosen("group", "Group", ["Mod+G"], group),
  chosen("ungroup", "Ungroup", ["Mod+Shift+G"], dissolve),
  chosen("fold", "Fold or unfold the group", ["Shift+F"], (e) => fold(e, ids(e))),
  chosen("subworkflow", "Make a sub-workflow", [], (e) => e.ui.set({ dialog: "subworkflow" })),
  chosen("lock", "Lock, or unlock", ["Shift+K"], lock),
  { name: "open-sub", title: "Open the sub-workflow", group: "Edit", keys: ["Alt+Enter"], needs: "selection", run: (e) => e.openSub(ids(e)[0]) },
  { name: "tidy", title: "Tidy the layout", group: "Arrange", keys: ["Shift+L"], edits: true, run: (e) => tidy(e) },
  { name: "snap", title: "Snap to the grid: on or off", group: "Arrange", keys: ["G"], edits: true, run: toggleSnap },
  { name: "find", title: "Find and replace", group: "View", keys: ["Mod+F"], inFields: true, run: (e) => e.finding.open() },
  { name: "find-next", title: "Find the next", group: "View", keys: ["F3"], run: (e) => e.finding.step(1) },
  { name: "find-previous", title: "Find the one before", group: "View", keys: ["Shift+F3"], run: (e) => e.finding.step(-1) },
  { name: "menu", title: "Menu of what is selected", group: "View", keys: ["Shift+F10", "ContextMenu"], run: (e) => e.openMenu() },
  edit("wire-insert", "Put a node into this wire", [], intoWire, { needs: "wire" }),
  edit("wire-label", "Write on this wire", [], (e, id) => e.ui.set({ labelling: wireOf(e, id) }), { needs: "wire" }),
  edit("wire-delete", "Delete this wire", [], (e, id) => e.edits.remove([], [wireOf(e, id)].filter(Boolean)), { needs: "wire" }),
  edit("port-next", "Add what comes next", [], (e, port) => e.openPicker({ screen: port.screen, [port.out ? "from" : "into"]: { node: port.node, port: port.port } }), { needs: "port" }),
  edit("port-wire", "Wire it by clicks", [], (e, port) => e.wiring.begin(port.node, port.port), { needs: "port" }),
  edit("port-clear", "Remove its wires", [], (e, port) => e.edits.remove([], e.wiresAt(port).map((wire) => wire.id)), { needs: "port" }),
];
