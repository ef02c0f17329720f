// Names in a text that nothing before the node has: they are underlined while somebody types.

import { hasHole } from "./mode.js";

const NODE = /\bnodes(?:\.([A-Za-z_]\w*)|\[\s*["']([^"']*)["']\s*\])(?:\.([A-Za-z_]\w*))?/g;
const HOLES = /\{\{([\s\S]*?)(?:\}\}|$)/g;

function pieces(text, sort) {
  if (sort === "expression") return [[0, text]];
  return [...text.matchAll(HOLES)].map((match) => [match.index + 2, match[1]]);
}

/** Marks for references to nodes that do not come before; with a sample at hand also for fields it does not have. */
export function unreadable(text, sort, groups, samples) {
  if (!text || (sort !== "expression" && !hasHole(text))) return [];
  const known = new Map(groups.filter((one) => one.path.startsWith("nodes.")).map((one) => [one.path.slice(6), one]));
  const found = [];
  for (const [offset, piece] of pieces(text, sort)) {
    for (const match of piece.matchAll(NODE)) {
      const id = match[1] ?? match[2];
      const start = offset + match.index;
      if (!known.has(id)) found.push({ start, end: start + match[0].length, tone: "wrong", words: `No node “${id}” comes before this one.` });
      else if (match[3] && lacks(known.get(id), samples.get(id), match[3])) found.push({ start: start + match[0].length - match[3].length, end: start + match[0].length, tone: "doubt", words: `“${match[3]}” is not among what “${known.get(id).title}” gave last.` });
    }
  }
  return found;
}

function lacks(group, sample, name) {
  if (!sample || typeof sample !== "object" || Array.isArray(sample) || name in sample) return false;
  return !group.entries.some((one) => one.path === `${group.path}.${name}`);
}
