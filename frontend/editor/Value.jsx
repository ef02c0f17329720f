// A value of a run as people read it: text as text, everything else as indented JSON; long ones fold.

import { useState } from "react";
import { Icon } from "../components/icons.jsx";

const LONG = 2000;

export function Value({ title, value }) {
  const [all, setAll] = useState(false);
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2) ?? "null";
  const cut = !all && text.length > LONG;
  return (
    <div className="qe-value">
      <div className="qe-value-head">
        <h4>{title}</h4>
        <button type="button" className="qe-tool" title="Copy" aria-label={`Copy ${title.toLowerCase()}`} onClick={() => navigator.clipboard?.writeText(text)}>
          <Icon name="copy" size={13} />
        </button>
      </div>
      <pre data-empty={value == null || undefined}>{value == null ? "Nothing" : cut ? `${text.slice(0, LONG)} …` : text}</pre>
      {cut && <button type="button" className="qe-link" onClick={() => setAll(true)}>Show all {text.length.toLocaleString()} characters</button>}
    </div>
  );
}
