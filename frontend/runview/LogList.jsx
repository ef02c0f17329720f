// What steps wrote to their log: of the chosen step or of all, by level, following along, to be downloaded.
import { useMemo, useState } from "react";
import { stepKey } from "./fold.js";
import { lineOf } from "./logs.js";
import { VirtualRows } from "./VirtualRows.jsx";
import { clockTime } from "./time.js";

const LEVELS = ["debug", "info", "warning", "error"];
const heightOf = (event) => 26 * Math.min(8, 1 + (event.text.match(/\n/g)?.length ?? 0));
const keyOf = (event) => event.seq;

export function LogList({ runId, picture, names, selected, onSelect }) {
  const [level, setLevel] = useState("debug");
  const [all, setAll] = useState(false);
  const [tail, setTail] = useState(true);
  const lines = useMemo(() => picture.events.map(lineOf).filter(Boolean), [picture.events]);
  const rows = useMemo(() => {
    const from = LEVELS.indexOf(level);
    return lines.filter((e) => LEVELS.indexOf(e.level) >= from && (all || !selected || stepKey(e) === selected.key));
  }, [lines, level, all, selected]);
  const download = () => {
    const text = rows.map((e) => `${e.at} ${e.level.toUpperCase().padEnd(7)} ${e.node_id}:${e.visit}#${e.attempt} ${e.text}`).join("\n");
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob([text], { type: "text/plain" })), download: `${runId}.log` });
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const name = selected && (names.get(selected.nodeId) ?? selected.nodeId);
  return (
    <section className="qv-events" aria-label="Logs">
      <div className="qv-bar" role="toolbar" aria-label="Logs">
        <select className="qv-select" aria-label="Level" value={level} onChange={(change) => setLevel(change.target.value)}>
          {LEVELS.map((one) => <option key={one} value={one}>{one === "debug" ? "Every level" : `${one} and worse`}</option>)}
        </select>
        {selected && <button type="button" className="qv-chip" aria-pressed={!all} onClick={() => setAll(!all)}>Only {name}</button>}
        <span className="qv-grow" />
        <span className="qv-muted">{rows.length.toLocaleString()} {rows.length === 1 ? "line" : "lines"}</span>
        <button type="button" className="qv-chip" aria-pressed={tail} onClick={() => setTail(!tail)}>Follow</button>
        <button type="button" className="qv-chip" disabled={!rows.length} onClick={download}>Download</button>
      </div>
      {rows.length ? (
        <VirtualRows
          rows={rows}
          heightOf={heightOf}
          keyOf={keyOf}
          stick={tail && !picture.run.finishedAt}
          label="Log"
          draw={(event) => (
            <button type="button" className="qv-log" data-level={event.level} onClick={() => onSelect(event)}>
              <span className="qv-num" title={event.at}>{clockTime(event.at)}</span>
              <span className="qv-level">{event.level}</span>
              <span className="qv-clip qv-muted">{names.get(event.node_id) ?? event.node_id}</span>
              <span className="qv-message">{event.text}</span>
            </button>
          )}
        />
      ) : (
        <p className="qv-none">{selected && !all ? `${name} has written nothing to its log.` : "No step has written anything to its log."} Code writes with print(), HTTP requests a line each; tries that failed and limits that were met are told, too.</p>
      )}
    </section>
  );
}
