// A text field that grows with its text, draws parts of it in colours, and underlines what is wrong.

import { useMemo } from "react";
import { coloured, marked } from "./highlight.js";

const NO_MARKS = [];

export function MarkedText({ boxRef, value, language, marks = NO_MARKS, least = 1, mono = true, wrong, ...area }) {
  const text = String(value ?? "");
  const colours = useMemo(() => coloured(text, language), [text, language]);
  const lines = useMemo(() => marked(text, marks), [text, marks]);
  return (
    <div className="qe-marked" data-mono={mono || undefined} data-wrong={wrong || undefined} data-readonly={area.readOnly || undefined} style={{ "--least": least }}>
      <div className="qe-marked-inner">
        <pre aria-hidden="true" className="qe-colours">{colours.map(([kind, piece], i) => <span key={i} data-kind={kind || undefined}>{piece}</span>)}{"\n"}</pre>
        {marks.length > 0 && <pre aria-hidden="true" className="qe-underlines">{lines.map(([tone, piece], i) => <span key={i} data-tone={tone || undefined}>{piece}</span>)}{"\n"}</pre>}
        <textarea ref={boxRef} rows={1} value={text} spellCheck={!mono} autoComplete="off" autoCapitalize="off" aria-invalid={Boolean(wrong)} {...area} />
      </div>
    </div>
  );
}
