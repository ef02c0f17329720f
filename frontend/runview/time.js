// The time between two moments of a run's history, and a moment as the reader's clock shows it.
import { duration } from "../components/durations.js";

export function between(from, to) {
  if (!from) return "";
  return duration((to ? Date.parse(to) : Date.now()) - Date.parse(from));
}

/** "For each row · 4" for `each:3`, with "try 2" for `each:3:2`: people count from one. */
export function spokenPath(path, names) {
  return path
    .split("/")
    .map((part) => part.split(":"))
    .map(([id, index, attempt]) => `${index === "sub" ? "inside " : ""}${names.get(id) ?? id}${index === "sub" ? "" : ` · ${Number(index) + 1}`}${attempt ? `, try ${attempt}` : ""}`)
    .join(" › ");
}

/** The node of this diagram inside which the step of another workflow is played; null for our own steps. */
export function callAround(path) {
  const at = (path ?? "").indexOf(":sub");
  return at < 0 ? null : path.slice(0, at).split("/").at(-1);
}

/** The same in a word, for rows that stand under their container's. */
export function shortPath(path) {
  return path
    .split("/")
    .map((part) => part.split(":"))
    .map(([id, index, attempt]) => `${index === "sub" ? `in ${id}` : `#${Number(index) + 1}`}${attempt ? `·${attempt}` : ""}`)
    .join(" ");
}

export function clockTime(at) {
  return at ? new Date(at).toLocaleTimeString() : "";
}
