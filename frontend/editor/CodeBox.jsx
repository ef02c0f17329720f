// A field for code, expressions and JSON: monospaced, Tab indents, Escape then Tab leaves.

import { useRef } from "react";

export function CodeBox({ value, onChange, rows = 6, label, wrong, readOnly, placeholder, id, onFocus, onBlur }) {
  const leaving = useRef(false);
  const keys = (event) => {
    if (event.key === "Escape") {
      leaving.current = true;
      return;
    }
    if (event.key !== "Tab" || leaving.current || event.shiftKey || rows < 2) {
      leaving.current = false;
      return;
    }
    event.preventDefault();
    const at = event.target;
    at.setRangeText("    ", at.selectionStart, at.selectionEnd, "end");
    onChange(at.value);
  };
  return (
    <div className="qe-code" data-wrong={wrong ? true : undefined}>
      <textarea
        id={id}
        rows={rows}
        value={value}
        readOnly={readOnly}
        placeholder={placeholder}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        aria-label={label}
        aria-invalid={Boolean(wrong)}
        onKeyDown={keys}
        onFocus={onFocus}
        onBlur={onBlur}
        onChange={(event) => onChange(event.target.value)}
      />
      {wrong && <div className="qe-wrong">{wrong}</div>}
    </div>
  );
}
