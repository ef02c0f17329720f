// A field for code and JSON: monospaced and coloured, Tab indents, Escape then Tab leaves.

import { useRef } from "react";
import { MarkedText } from "./MarkedText.jsx";

export function CodeBox({ value, onChange, rows = 6, label, wrong, readOnly, placeholder, id, onFocus, onBlur, language = "python" }) {
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
      <MarkedText id={id} value={value} language={language} least={rows} readOnly={readOnly} placeholder={placeholder} aria-label={label} wrong={wrong} onKeyDown={keys} onFocus={onFocus} onBlur={onBlur} onChange={(event) => onChange(event.target.value)} />
      {wrong && <div className="qe-wrong">{wrong}</div>}
    </div>
  );
}
