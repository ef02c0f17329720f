// A field to find something by name and what is found under it: the focus stays in the field, arrows choose, Enter takes.

import { useEffect, useRef, useState } from "react";
import { Icon } from "../components/icons.jsx";

function Option({ id, testId, chosen, onHover, onPick, children }) {
  const here = useRef(null);
  useEffect(() => {
    if (chosen) here.current.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return <div ref={here} id={id} role="option" aria-selected={chosen} className="qe-command" data-testid={testId} onPointerMove={onHover} onClick={onPick}>{children}</div>;
}

/** `sift(query)` gives the rows, `keyOf` what only this row has, `testIdOf` how tests call it, `draw` what stands in it. */
export function FindList({ id, label, placeholder, things, none, sift, keyOf, testIdOf = keyOf, draw, onPick }) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const rows = sift(query);
  const keys = (event) => {
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, rows.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "Enter" && rows[at]) onPick(rows[at]);
    else return;
    event.preventDefault();
  };
  const change = (event) => {
    setQuery(event.target.value);
    setAt(0);
  };
  return (
    <>
      <label className="qe-search qe-search-large">
        <Icon name="search" size={16} />
        <input autoFocus role="combobox" aria-expanded="true" aria-controls={id} aria-activedescendant={rows[at] ? `${id}-${at}` : undefined} value={query} placeholder={placeholder} aria-label={label} onKeyDown={keys} onChange={change} />
      </label>
      <div className="qe-command-list" id={id} role="listbox" aria-label={things}>
        {rows.map((row, i) => (
          <Option key={keyOf(row)} id={`${id}-${i}`} testId={testIdOf(row)} chosen={i === at} onHover={() => setAt(i)} onPick={() => onPick(row)}>{draw(row)}</Option>
        ))}
        {!rows.length && <p className="qe-none">{none}</p>}
      </div>
    </>
  );
}
