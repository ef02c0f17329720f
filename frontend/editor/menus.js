// What right-click and Shift+F10 offer, by what lies there: names of commands, a line between sections.

import { isContainer, isGroup, isNote } from "../components/kinds.js";
import { COMMANDS } from "./commands.js";

const LINE = null;
const MENUS = {
  canvas: ["add", "paste", "note", LINE, "all", "find", "tidy", "fit", LINE, "snap", "minimap", "commands"],
  node: ["open", "open-sub", "rename", "try-node", "try-to", "try-from", "connect", LINE, "copy", "cut", "duplicate", LINE, "disable", "pin", "lock", "group", "ungroup", "subworkflow", LINE, "delete"],
  group: ["fold", "rename", "ungroup", LINE, "copy", "duplicate", "subworkflow", LINE, "delete"],
  note: ["open", LINE, "copy", "cut", "duplicate", "lock", "group", "ungroup", LINE, "delete"],
  selection: ["group", "ungroup", "subworkflow", "tidy", LINE, "copy", "cut", "duplicate", LINE, "disable", "pin", "lock", LINE, "delete"],
  wire: ["wire-insert", "wire-label", LINE, "wire-delete"],
  port: ["port-next", "port-wire", LINE, "port-clear"],
};
const byName = new Map(COMMANDS.map((command) => [command.name, command]));

/** Whether a command makes sense for what the menu is about. */
function fits(editor, name, target) {
  const { model, kinds } = editor;
  const nodes = editor.ui.state.selection.map((id) => model.node(id)).filter(Boolean);
  const kind = kinds.get(nodes[0]?.kind);
  if (name === "open-sub") return kind?.role === "call";
  if (name === "ungroup") return nodes.some((node) => node.group || isGroup(kinds.get(node.kind) ?? {}));
  if (name === "port-next" || name === "port-wire") return target.out || name === "port-next";
  if (name === "port-clear") return editor.wiresAt(target).length > 0;
  if (name === "disable" || name.startsWith("try-")) return kind && !isNote(kind);
  if (name === "pin") return kind && !isNote(kind) && !isContainer(kind);
  return true;
}

/** The rows of a menu: commands, and null for a line between them. */
export function menuFor(editor, target) {
  const { canEdit } = editor.draft;
  const rows = MENUS[target.type].map((name) => (name === LINE ? LINE : byName.get(name))).filter((row) => row !== undefined);
  const fitting = rows.filter((row) => row === LINE || ((canEdit || !row.edits) && fits(editor, row.name, target)));
  return fitting.filter((row, i) => row !== LINE || (i > 0 && fitting[i - 1] !== LINE && fitting.slice(i + 1).some(Boolean)));
}
