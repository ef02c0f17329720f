// A value as a collapsible tree, with copy; long texts and long lists are cut until asked for.
import { useState } from "react";
import { writtenNumber } from "../components/exact.js";

const LONG_TEXT = 600;
const LONG_LIST = 50;

export function JsonView({ value, label }) {
  if (value === undefined || value === null) return <p className="qv-none">Nothing.</p>;
  if (typeof value === "string") return <LongText text={value} label={label} />;
  if (!isNested(value)) return <div className="qv-json" aria-label={label}><Leaf value={value} /></div>;
  return (
    <div className="qv-json" role="tree" aria-label={label}>
      <Copy text={JSON.stringify(value, null, 2)} />
      <Branch value={value} depth={0} />
    </div>
  );
}

const isNested = (value) => value !== null && typeof value === "object" && writtenNumber(value) === undefined;

function Branch({ value, depth }) {
  const entries = Array.isArray(value) ? value.map((v, i) => [i, v]) : Object.entries(value);
  const [shown, setShown] = useState(LONG_LIST);
  if (!entries.length) return <span className="qv-leaf">{Array.isArray(value) ? "[ ]" : "{ }"}</span>;
  return (
    <ul role="group">
      {entries.slice(0, shown).map(([name, inner]) => (
        <Entry key={name} name={name} value={inner} depth={depth} />
      ))}
      {entries.length > shown && (
        <li>
          <button type="button" className="qv-link" onClick={() => setShown(shown + LONG_LIST)}>
            {entries.length - shown} more
          </button>
        </li>
      )}
    </ul>
  );
}

function Entry({ name, value, depth }) {
  const nested = isNested(value) && Object.keys(value).length > 0;
  const [open, setOpen] = useState(depth < 2);
  if (!nested) {
    return (
      <li role="treeitem">
        <span className="qv-key">{name}</span> <Leaf value={value} />
      </li>
    );
  }
  const count = Object.keys(value).length;
  const size = `${count} ${Array.isArray(value) ? "item" : "field"}${count === 1 ? "" : "s"}`;
  return (
    <li role="treeitem" aria-expanded={open}>
      <button type="button" className="qv-key qv-fold" onClick={() => setOpen(!open)} aria-expanded={open}>
        {name} <small>{size}</small>
      </button>
      {open && <Branch value={value} depth={depth + 1} />}
    </li>
  );
}

function Leaf({ value }) {
  if (isNested(value)) return <span className="qv-leaf qv-other">{Array.isArray(value) ? "[ ]" : "{ }"}</span>;
  if (typeof value === "string") return <span className="qv-leaf qv-text">{cut(value)}</span>;
  return <span className="qv-leaf qv-other">{writtenNumber(value) ?? String(value)}</span>;
}

function LongText({ text, label }) {
  const [whole, setWhole] = useState(false);
  const long = text.length > LONG_TEXT;
  return (
    <div className="qv-json" aria-label={label}>
      <Copy text={text} />
      <p className="qv-prose">{whole || !long ? text : `${text.slice(0, LONG_TEXT)}…`}</p>
      {long && (
        <button type="button" className="qv-link" onClick={() => setWhole(!whole)}>
          {whole ? "Show less" : `Show all ${text.length.toLocaleString()} characters`}
        </button>
      )}
    </div>
  );
}

function Copy({ text }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <button type="button" className="qv-copy" onClick={copy} aria-label="Copy">
      {done ? "Copied" : "Copy"}
    </button>
  );
}

function cut(text) {
  return text.length > LONG_TEXT ? `${text.slice(0, LONG_TEXT)}…` : text;
}
