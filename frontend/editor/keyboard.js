// Turns key presses into commands; never while somebody types into a field.

import { useEffect } from "react";
import { aside } from "./aside.js";
import { keysOf, spoken } from "./bindings.js";
import { COMMANDS } from "./commands.js";

export function isTyping(target) {
  return Boolean(target?.closest?.("input, textarea, select, [contenteditable=true], [role=textbox], [role=listbox], [role=menu]"));
}

function bound(editor, event) {
  const said = spoken(event);
  const { dialog, find, menu, picker } = editor.ui.state;
  const comes = find.open && !aside(); // what is typed belongs to a field that is on its way
  return COMMANDS.find((command) => {
    if (command.native || !keysOf(command).includes(said)) return false;
    if (isTyping(event.target)) return command.inFields && said !== "Mod+Z" && said !== "Mod+Shift+Z" && said !== "Mod+Y" ? true : inSettings(command, event);
    if (menu) return false;
    if ((dialog || picker || comes) && command.name !== "escape") return false;
    if (command.name === "open" && event.target.closest?.("button, a")) return false;
    return command.needs !== "selection" || editor.ui.state.selection.length > 0;
  });
}

/** Undo in the settings of a node is the draft's undo, for what is typed there is in the draft at once. */
function inSettings(command, event) {
  return Boolean(command.inFields && event.target.closest("[data-undo=draft]"));
}

function onFocusedNode(editor, event) {
  if ((event.key !== "Enter" && event.key !== " ") || event.shiftKey) return false;
  const wire = event.target.classList?.contains("react-flow__edge") ? event.target.dataset.id : null;
  if (wire) {
    editor.select([], [wire]);
    return true;
  }
  const id = event.target.classList?.contains("react-flow__node") ? event.target.dataset.id : null;
  if (!id) return false;
  editor.select([id]);
  if (event.key === "Enter") editor.openInspector(id);
  return true;
}

export function useKeyboard(editor) {
  useEffect(() => {
    const press = (event) => {
      if (event.defaultPrevented || event.isComposing) return;
      if (spoken(event) === "Mod+Shift+V") editor.clipboard.withWires = true; // the browser's own paste follows
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (plain && onFocusedNode(editor, event)) return event.preventDefault();
      const command = bound(editor, event);
      if (!command && spoken(event) === "Mod+S") return event.preventDefault(); // the browser would save the page as a file
      if (!command || !editor.run(command.name)) return undefined;
      return event.preventDefault();
    };
    const copying = (verb) => (event) => {
      if (isTyping(event.target) || editor.ui.state.dialog || editor.ui.state.compared || String(window.getSelection())) return;
      if (editor.clipboard[verb](event.clipboardData)) event.preventDefault();
    };
    const all = { keydown: press, copy: copying("copy"), cut: copying("cut"), paste: copying("paste") };
    for (const [name, listener] of Object.entries(all)) document.addEventListener(name, listener);
    return () => {
      for (const [name, listener] of Object.entries(all)) document.removeEventListener(name, listener);
    };
  }, [editor]);
}
