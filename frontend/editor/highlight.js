// The parts of a text that a field draws in other colours: words of the language, texts, numbers, remarks, and the holes of a template.

const PYTHON = /(?<remark>#[^\n]*)|(?<text>"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)|(?<number>\b\d[\d_.]*\b)|(?<word>\b(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except|false|False|finally|for|from|global|if|import|in|is|lambda|None|nonlocal|not|null|or|pass|raise|return|True|true|try|while|with|yield)\b)|(?<name>\b(?:nodes|input|item|index|previous|event|run)\b)/g;
const HOLE = /\{\{[\s\S]*?(?:\}\}|$)/g;

function python(text) {
  const found = [];
  let at = 0;
  for (const match of text.matchAll(PYTHON)) {
    if (match.index > at) found.push(["", text.slice(at, match.index)]);
    const [kind] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    found.push([kind, match[0]]);
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push(["", text.slice(at)]);
  return found;
}

function template(text) {
  const found = [];
  let at = 0;
  for (const match of text.matchAll(HOLE)) {
    if (match.index > at) found.push(["", text.slice(at, match.index)]);
    found.push(["hole", match[0]]);
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push(["", text.slice(at)]);
  return found;
}

const BY_LANGUAGE = { python, expression: python, json: python, template };
const LONGEST = 60_000; // colours of a longer text would make typing slow

/** Pairs of a kind and a piece; together the pieces are the text. */
export const coloured = (text, language) => (text.length > LONGEST ? [["", text]] : (BY_LANGUAGE[language]?.(text) ?? [["", text]]));

/** The same for marks: {start, end, tone}, which may not overlap. */
export function marked(text, marks) {
  const found = [];
  let at = 0;
  for (const { start, end, tone } of [...marks].sort((a, b) => a.start - b.start)) {
    if (start < at || end <= start) continue;
    if (start > at) found.push(["", text.slice(at, start)]);
    found.push([tone, text.slice(start, end)]);
    at = end;
  }
  if (at < text.length) found.push(["", text.slice(at)]);
  return found;
}
