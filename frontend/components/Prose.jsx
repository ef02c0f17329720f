// A little Markdown for notes: strong, emphasis, code, lists and headings; everything else stays the text that it is.

import { Fragment } from "react";

const MARKS = /(\*\*[^*\n]+\*\*|\*[^*\n]+\*|`[^`\n]+`)/;

function spans(line) {
  return line.split(MARKS).map((part, i) => {
    if (i % 2 === 0) return <Fragment key={i}>{part}</Fragment>;
    if (part.startsWith("**")) return <strong key={i}>{part.slice(2, -2)}</strong>;
    if (part.startsWith("*")) return <em key={i}>{part.slice(1, -1)}</em>;
    return <code key={i}>{part.slice(1, -1)}</code>;
  });
}

function Line({ line }) {
  const heading = /^#{1,4}\s+(.*)/.exec(line);
  if (heading) return <div className="qc-prose-head">{spans(heading[1])}</div>;
  const item = /^\s*[-*]\s+(.*)/.exec(line);
  if (item) return <div className="qc-prose-item">{spans(item[1])}</div>;
  return <div>{line ? spans(line) : "\u00a0"}</div>;
}

export function Prose({ text }) {
  return text.split("\n").map((line, i) => <Line key={i} line={line} />);
}
