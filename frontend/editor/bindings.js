// Which keys run which command: those of the list, or those that this person has chosen instead.

import { api } from "../components/api.js";
import { remembered } from "./ui.js";

const KEY = "shortcuts";
// What the browser or the system keeps for itself, or what moves the focus: no page can or should take it.
const KEPT = new Set(["Mod+N", "Mod+T", "Mod+W", "Mod+L", "Mod+R", "Mod+Q", "Mod+Shift+N", "Mod+Shift+T", "Mod+Shift+W", "Mod+Shift+R", "Mod+Tab", "F5", "F11", "F12", "Tab", "Shift+Tab", "Escape", "Enter", "Space"]);
const DIGITS = /^Digit(\d)$/;
const MODIFIERS = new Set(["Control", "Shift", "Alt", "Meta", "AltGraph", "CapsLock", "Dead"]);

let own = null;
const chosen = () => (own ??= remembered.get(KEY, {}));

/** Those of the account, known when an editor opens; this browser's copy serves while the server is away. */
export function takeOver(shortcuts) {
  own = shortcuts ?? {};
  remembered.set(KEY, own);
}

function keep(ui, next) {
  own = next;
  remembered.set(KEY, own);
  api.put("/me/shortcuts", { shortcuts: own }).catch((problem) => ui.hint(`These keys are kept in this browser only: ${problem.message}`, "warning"));
  ui.set({ bindings: ui.state.bindings + 1 });
}

export const keysOf = (command) => chosen()[command.name] ?? command.keys;
export const isOwn = (command) => command.name in chosen();

/** How a press would be written in a command's keys; null while only Ctrl, Shift or Alt is held. */
export function spoken(event) {
  if (MODIFIERS.has(event.key)) return null;
  const digit = event.code?.match(DIGITS)?.[1];
  const letter = event.key.length === 1 && /[a-z]/i.test(event.key);
  const key = digit ?? (letter ? event.key.toUpperCase() : event.key === " " ? "Space" : event.key);
  const sign = event.key.length === 1 && !letter && !digit && event.key !== " "; // "+" and "?" already say that Shift is held
  const held = [(event.metaKey || event.ctrlKey) && "Mod", event.altKey && "Alt", event.shiftKey && !sign && "Shift"].filter(Boolean);
  return [...held, key].join("+");
}

/** Why these keys cannot run a command, or an empty text. */
export function unusable(keys, command, commands) {
  if (KEPT.has(keys)) return "The browser keeps these keys for itself.";
  const other = commands.find((one) => one.name !== command.name && keysOf(one).includes(keys));
  return other ? `These keys run “${other.title}”. Change those first.` : "";
}

/** Give a command other keys; without any it gets those of the list again. */
export function rebind(ui, command, keys) {
  const { [command.name]: _old, ...others } = chosen();
  keep(ui, keys ? { ...others, [command.name]: [keys] } : others);
}

export function rebindNone(ui) {
  keep(ui, {});
}
