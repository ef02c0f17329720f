// A value as table, tree or JSON; fields can be dragged into settings, or put there by a click.

import { useState } from "react";
import { Icon } from "../components/icons.jsx";
import { writtenNumber } from "../components/exact.js";
import { DRAGGED_PATH } from "./ReadingField.jsx";
import { typeOf } from "./readable.js";

const MOST_ROWS = 50;
const MOST_COLUMNS = 12;
const LONG = 4000;

export const VIEWS = [["tree", "Tree", "list-tree"], ["table", "Table", "table"], ["json", "JSON", "braces"]];
const step = (name) => (typeof name === "number" ? `[${name}]` : /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`);
const isNested = (value) => value !== null && typeof value === "object" && writtenNumber(value) === undefined;
const plain = (value) => (value === undefined ? "" : value === null ? "null" : (writtenNumber(value) ?? (typeof value === "string" ? value : JSON.stringify(value))));

/** A name that reads its value: dragged into a field, or put into the one that was used last. */
function Readable({ path, name, onPick }) {
  if (!path || !onPick) return <span className="qe-data-name">{name}</span>;
  const drag = (event) => {
    event.dataTransfer.setData(DRAGGED_PATH, path);
    event.dataTransfer.setData("text/plain", `{{ ${path} }}`);
    event.dataTransfer.effectAllowed = "copy";
  };
  return (
    <button type="button" className="qe-data-name" draggable data-testid={`data-${path}`} title={`${path}: drag it into a setting, or click to put it into the last one`} onDragStart={drag} onMouseDown={(event) => event.detail > 1 && event.preventDefault()} onClick={() => onPick(path)}>
      {name}
    </button>
  );
}

function Branch({ value, path, onPick, depth }) {
  const [most, setMost] = useState(MOST_ROWS);
  const entries = Array.isArray(value) ? value.map((one, i) => [i, one]) : Object.entries(value);
  return (
    <ul className="qe-tree" role="group">
      {entries.slice(0, most).map(([name, inner]) => <Leaf key={name} name={name} value={inner} path={path && path + step(name)} onPick={onPick} depth={depth} />)}
      {entries.length > most && <li><button type="button" className="qe-link" onClick={() => setMost(most + MOST_ROWS)}>{entries.length - most} more</button></li>}
    </ul>
  );
}

function Leaf({ name, value, path, onPick, depth }) {
  const nested = isNested(value) && Object.keys(value).length > 0;
  const [open, setOpen] = useState(depth < 1);
  return (
    <li role="treeitem" aria-expanded={nested ? open : undefined}>
      <div className="qe-tree-row">
        {nested ? <button type="button" className="qe-fold" aria-label={open ? "Fold" : "Unfold"} onClick={() => setOpen(!open)}><Icon name={open ? "chevron-down" : "chevron-right"} size={12} /></button> : <i className="qe-fold" />}
        <Readable path={path} name={String(name)} onPick={onPick} />
        <i className="qe-type">{nested && Array.isArray(value) ? `list ${value.length}` : typeOf(value) === "any" ? "" : typeOf(value)}</i>
        {!nested && <span className="qc-clip qe-data-value" title={plain(value).slice(0, 500)}>{plain(value)}</span>}
      </div>
      {nested && open && <Branch value={value} path={path} onPick={onPick} depth={depth + 1} />}
    </li>
  );
}

function Table({ value, path, onPick }) {
  const rows = Array.isArray(value) ? value : null;
  if (rows && rows.length && rows.every((row) => isNested(row) && !Array.isArray(row))) {
    const columns = [...new Set(rows.slice(0, MOST_ROWS).flatMap(Object.keys))].slice(0, MOST_COLUMNS);
    return (
      <div className="qe-table">
        <table>
          <thead><tr><th>#</th>{columns.map((name) => <th key={name}><Readable path={path && `${path}[0]${step(name)}`} name={name} onPick={onPick} /></th>)}</tr></thead>
          <tbody>{rows.slice(0, MOST_ROWS).map((row, i) => <tr key={i}><td>{i}</td>{columns.map((name) => <td key={name} title={plain(row[name]).slice(0, 500)}>{plain(row[name])}</td>)}</tr>)}</tbody>
        </table>
        {rows.length > MOST_ROWS && <p className="qe-none">{rows.length - MOST_ROWS} more rows</p>}
      </div>
    );
  }
  if (!isNested(value)) return <Text value={value} />;
  const entries = Array.isArray(value) ? value.map((one, i) => [i, one]) : Object.entries(value);
  return (
    <div className="qe-table">
      <table>
        <tbody>{entries.slice(0, MOST_ROWS).map(([name, inner]) => <tr key={name}><th><Readable path={path && path + step(name)} name={String(name)} onPick={onPick} /></th><td title={plain(inner).slice(0, 500)}>{plain(inner)}</td></tr>)}</tbody>
      </table>
    </div>
  );
}

function Text({ value }) {
  const [all, setAll] = useState(false);
  const text = typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "null");
  const cut = !all && text.length > LONG;
  return (
    <>
      <pre className="qe-data-json">{cut ? `${text.slice(0, LONG)} …` : text}</pre>
      {cut && <button type="button" className="qe-link" onClick={() => setAll(true)}>Show all {text.length.toLocaleString()} characters</button>}
    </>
  );
}

export function DataView({ value, view, path = "", onPick }) {
  if (value === undefined || value === null) return <p className="qe-none">Nothing.</p>;
  if (view === "json" || !isNested(value)) return <Text value={value} />;
  return view === "table" ? <Table value={value} path={path} onPick={onPick} /> : <Branch value={value} path={path} onPick={onPick} depth={0} />;
}

export function ViewChoice({ view, onChange }) {
  return (
    <span className="qe-views" role="group" aria-label="View of the data">
      {VIEWS.map(([name, title, icon]) => (
        <button key={name} type="button" className="qe-tool" title={title} aria-label={title} aria-pressed={view === name} onClick={() => onChange(name)}><Icon name={icon} size={14} /></button>
      ))}
    </span>
  );
}
