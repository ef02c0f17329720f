// The rows of the picker: what was used last, then the sections that can be folded; while letters are typed, the finds.

import { SECTIONS } from "../components/kinds.js";
import { found } from "./fuzzy.js";
import { remembered } from "./ui.js";

const RECENT = "recent-kinds";
const MOST_RECENT = 5;
const KEPT = 8;
export const RECENTLY = "Used recently";

export function useNow(kind) {
  const before = remembered.get(RECENT, []);
  remembered.set(RECENT, [kind.name, ...before.filter((name) => name !== kind.name)].slice(0, KEPT));
}

function sections(kinds) {
  const byName = new Map(kinds.map((kind) => [kind.name, kind]));
  const recent = remembered.get(RECENT, []).map((name) => byName.get(name)).filter(Boolean).slice(0, MOST_RECENT);
  const others = kinds.filter((kind) => !recent.includes(kind));
  return [[RECENTLY, recent], ...SECTIONS.map((name) => [name, others.filter((kind) => kind.group === name)])].filter(([, of]) => of.length);
}

/** What a kind is found by, the most telling first. */
export const wordsOf = (kind) => [kind.title, ...(kind.synonyms ?? []), kind.name, kind.group, kind.help.split("\n")[0]];

/** Each row is a section `{section, open}` or a kind `{kind, section}`; `folded` holds the names of closed sections. */
export function rowsFor(kinds, query, folded) {
  if (query.trim()) {
    const recent = remembered.get(RECENT, []);
    const rank = (kind) => (recent.includes(kind.name) ? recent.indexOf(kind.name) : KEPT);
    return found([...kinds].sort((a, b) => rank(a) - rank(b)), query, wordsOf).map((kind) => ({ kind }));
  }
  return sections(kinds).flatMap(([name, of]) => {
    const open = !folded.has(name);
    return [{ section: name, open, count: of.length }, ...(open ? of.map((kind) => ({ kind, section: name })) : [])];
  });
}
