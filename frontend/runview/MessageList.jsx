// What agents say to each other and to their tools: by pair, decisions with their reasons standing out; a click leads to the step.
import { useMemo, useState } from "react";
import { stepKey } from "./fold.js";
import { messagesOf, pairOf } from "./messages.js";
import { clockTime } from "./time.js";
import { VirtualRows } from "./VirtualRows.jsx";

const LINE = 18;
const keyOf = (message) => message.id;

export function MessageList({ picture, diagram, names, selected, redacted, onSelect }) {
  const [pair, setPair] = useState("");
  const [open, setOpen] = useState(() => new Set());
  const all = useMemo(() => messagesOf(picture.events, diagram, names), [picture.events, diagram, names]);
  const pairs = useMemo(() => [...new Set(all.map(pairOf))].sort(), [all]);
  const rows = useMemo(() => (pair ? all.filter((one) => pairOf(one) === pair) : all), [all, pair]);
  const heightOf = useMemo(() => (one) => 34 + (one.reason ? LINE : 0) + LINE * Math.min(open.has(one.id) ? 12 : 2, linesOf(one.text)), [open]);
  const toggle = (id) => setOpen((old) => new Set(old.has(id) ? [...old].filter((one) => one !== id) : [...old, id]));
  if (!all.length) return <p className="qv-none">{redacted ? "Your role may watch runs, not read what is said in them." : "No agent has said anything. What agents say to their tools and to each other appears here."}</p>;
  return (
    <section className="qv-events" aria-label="Messages">
      <div className="qv-bar" role="toolbar" aria-label="Messages">
        <select className="qv-select" aria-label="Between" value={pair} onChange={(change) => setPair(change.target.value)}>
          <option value="">Between all</option>
          {pairs.map((one) => <option key={one} value={one}>{one}</option>)}
        </select>
        <span className="qv-grow" />
        <span className="qv-muted">{rows.length.toLocaleString()} {rows.length === 1 ? "message" : "messages"}</span>
      </div>
      <VirtualRows
        rows={rows}
        heightOf={heightOf}
        keyOf={keyOf}
        stick={!picture.run.finishedAt}
        label="Messages"
        draw={(one) => (
          <button
            type="button"
            className="qv-message-row"
            data-decides={one.decides || undefined}
            data-wrong={one.wrong || undefined}
            data-chosen={Boolean(selected && stepKey(one.event) === selected.key) || undefined}
            aria-expanded={open.has(one.id)}
            onClick={() => { toggle(one.id); onSelect(one.event); }}
          >
            <span className="qv-message-row-who">
              <span className="qv-num" title={one.at}>{clockTime(one.at)}</span>
              <b>{one.from}</b> <span aria-label="to">→</span> <b>{one.to}</b>
              {one.decides && <em>decision</em>}
              {one.wrong && <em>error</em>}
              <span className="qv-grow" />
              {one.round > 0 && <small>round {one.round}</small>}
              {one.model && <small>{one.model}</small>}
            </span>
            {one.reason && <span className="qv-message-row-why">because {one.reason}</span>}
            <span className="qv-message-row-text" style={{ WebkitLineClamp: open.has(one.id) ? 12 : 2 }}>{one.text || "…"}</span>
          </button>
        )}
      />
    </section>
  );
}

const widest = () => (window.matchMedia("(max-width: 720px)").matches ? 44 : 110); // characters of a line
const linesOf = (text) => Math.max(1, text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / widest())), 0));
