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
    .map(([id, index, attempt]) => `${names.get(id) ?? id} · ${Number(index) + 1}${attempt ? `, try ${attempt}` : ""}`)
    .join(" › ");
}

/** The same in a word, for rows that stand under their container's. */
export function shortPath(path) {
  return path
    .split("/")
    .map((part) => part.split(":"))
    .map(([, index, attempt]) => `#${Number(index) + 1}${attempt ? `·${attempt}` : ""}`)
    .join(" ");
}

export function clockTime(at) {
  return at ? new Date(at).toLocaleTimeString() : "";
}
