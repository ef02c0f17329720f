// The numbered history: filter, newest or oldest first, time since the start and since the row before, raw JSON.
import { useMemo, useRef, useState } from "react";
import { stepKey } from "./fold.js";
import { between, callAround, shortPath } from "./time.js";

const ROW = 32;
const SPARE = 12;
const GROUPS = [
  ["all", "All"],
  ["run", "Run"],
  ["step", "Steps"],
  ["state", "Transitions"],
  ["approval", "Approvals"],
  ["event", "Team events"],
];

export function EventList({ picture, names, selected, onSelect }) {
  const [group, setGroup] = useState("all");
  const [newestFirst, setNewestFirst] = useState(false);
  const rows = useMemo(() => {
    const kept = picture.events.filter((e) => group === "all" || e.kind.startsWith(`${group}.`));
    return newestFirst ? kept.slice().reverse() : kept;
  }, [picture.events, group, newestFirst]);
  return (
    <section className="qv-events" aria-label="Events">
      <div className="qv-bar" role="toolbar">
        {GROUPS.map(([name, word]) => (
          <button key={name} type="button" className="qv-chip" aria-pressed={group === name} onClick={() => setGroup(name)}>
            {word}
          </button>
        ))}
        <span className="qv-grow" />
        <span className="qv-muted">{rows.length.toLocaleString()} events</span>
        <button type="button" className="qv-chip" onClick={() => setNewestFirst(!newestFirst)}>
          {newestFirst ? "Newest first" : "Oldest first"}
        </button>
      </div>
      <Rows rows={rows} picture={picture} names={names} selected={selected} onSelect={onSelect} />
    </section>
  );
}

// Only the rows in sight are in the page, so that ten thousand events open at once.
function Rows({ rows, picture, names, selected, onSelect }) {
  const scroller = useRef(null);
  const [top, setTop] = useState(0);
  const [open, setOpen] = useState(null);
  const height = scroller.current?.clientHeight ?? 320;
  const first = Math.max(0, Math.floor(top / ROW) - SPARE);
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW) + SPARE);
  const start = picture.events[0]?.at;
  if (!rows.length) return <p className="qv-none">No events of this kind yet.</p>;
  return (
    <div className="qv-scroll" ref={scroller} onScroll={(e) => setTop(e.currentTarget.scrollTop)} tabIndex={0}>
      <div style={{ height: rows.length * ROW + (open ? 160 : 0), position: "relative" }}>
        <div style={{ transform: `translateY(${first * ROW}px)` }}>
          {rows.slice(first, last).map((event) => (
            <Row
              key={event.seq}
              event={event}
              name={callAround(event.path) ? event.node_id : names.get(event.node_id)}
              names={names}
              since={between(start, event.at)}
              chosen={selected && event.node_id && stepKey(event) === selected.key}
              open={open === event.seq}
              onOpen={() => {
                setOpen(open === event.seq ? null : event.seq);
                if (event.node_id) onSelect(event);
              }}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

function Row({ event, name, names, since, chosen, open, onOpen }) {
  const word = event.kind.split(".")[1];
  return (
    <>
      <button type="button" className="qv-event" data-chosen={chosen || undefined} data-word={word} onClick={onOpen} aria-expanded={open}>
        <span className="qv-num">{event.seq}</span>
        <span className="qv-num" title={event.at}>
          +{since}
        </span>
        <span className="qv-kind">{event.kind}</span>
        <span className="qv-where">
          {name ?? event.node_id ?? ""} {event.path && <small title={event.path}>{shortPath(event.path)}</small>}
          {event.visit > 1 && <small> visit {event.visit}</small>}
          {event.attempt > 1 && <small> attempt {event.attempt}</small>}
        </span>
        <span className="qv-hint">{hint(event, names)}</span>
      </button>
      {open && <pre className="qv-raw">{JSON.stringify(event, null, 2)}</pre>}
    </>
  );
}

function hint(event, names) {
  const data = event.data ?? {};
  if (event.kind === "state.transition") return `${data.transition} → ${names.get(data.to) ?? data.to}${data.event ? ` by ${data.event}` : ""}`;
  if (event.kind === "state.ignored") return `${data.event} fits no transition`;
  if (event.kind === "step.waiting" && data.run_id) return `for the run ${data.run_id}`;
  if (event.kind === "step.waiting" && data.events?.length) return `for ${data.events.map((one) => one.name).join(", ")}`;
  return data.error?.message ?? data.title ?? data.reason ?? (data.port && data.port !== "out" ? `→ ${data.port}` : "");
}
