// What stands before the cursor asks for: a field to read, in an expression or in the hole of a template.

const WORD = /[\w.[\]"]*$/;

/** The open hole before the cursor, or null. */
function openHole(before) {
  const start = before.lastIndexOf("{{");
  return start >= 0 && !before.slice(start).includes("}}") ? start : null;
}

/** {from, query, wrap}: what is typed since `from` is searched for; `wrap` puts braces around what is chosen. */
export function asked(text, caret, sort, typed) {
  const before = text.slice(0, caret);
  if (sort !== "expression") {
    if (typed === "<" && before.endsWith("<")) return { from: caret - 1, query: "", wrap: true };
    const start = openHole(before);
    if (start === null) return null;
    const filter = /\|\s*(\w*)$/.exec(before.slice(start + 2));
    if (filter) return filter[1] || typed === "|" || typed === " open" ? { from: caret - filter[1].length, query: filter[1], wrap: false, filters: true } : null;
    if (/\|[^(]*$/.test(before.slice(start + 2))) return null;
  }
  const word = WORD.exec(before)[0];
  if (!word && typed !== "{" && typed !== " open") return null;
  if (/^[\d.]/.test(word)) return null;
  return { from: caret - word.length, query: word, wrap: false };
}

/** The text with the path in it, and where the cursor then stands. */
export function completed(text, caret, { from, wrap }, path, sort, back = 0) {
  const closes = sort === "expression" || wrap || /^[^{]*\}\}/.test(text.slice(caret));
  const before = text.slice(0, from);
  const gap = sort !== "expression" && before.endsWith("{{") ? " " : "";
  const piece = wrap ? `{{ ${path} }}` : gap + path;
  const end = closes ? "" : " }}";
  return { text: before + piece + end + text.slice(caret), caret: back ? before.length + piece.length - back : before.length + piece.length + end.length };
}
