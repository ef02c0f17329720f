// The numbered history: by step or all, filter, newest or oldest first, time since the start and since the row before, raw JSON.
import { useCallback, useMemo, useState } from "react";
import { stepKey } from "./fold.js";
import { between, callAround, shortPath } from "./time.js";
import { VirtualRows } from "./VirtualRows.jsx";

const ROW = 32;
const RAW = 168;
const GROUPS = [
  ["all", "All"],
  ["run", "Run"],
  ["step", "Steps"],
  ["state", "Transitions"],
  ["approval", "Approvals"],
  ["event", "Team events"],
  ["saga", "Rollbacks"],
  ["agent", "Agents"],
  ["tool", "Tools"],
];
const MOST_KINDS_OPEN = 2000;

export function EventList({ runId, picture, names, selected, redacted, at, onSelect, onAt }) {
  const [group, setGroup] = useState("all");
  const [kind, setKind] = useState("");
  const [newestFirst, setNewestFirst] = useState(false);
  const [compact, setCompact] = useState(false);
  const [open, setOpen] = useState(() => new Set());
  const kept = useMemo(() => picture.events.filter((e) => (group === "all" || e.kind.startsWith(`${group}.`)) && (!kind || e.kind === kind)), [picture.events, group, kind]);
  const rows = useMemo(() => rowsOf(kept, { newestFirst, compact, open }), [kept, newestFirst, compact, open]);
  const kinds = useMemo(() => [...new Set(picture.events.map((e) => e.kind))].sort(), [picture.events]);
  const groups = GROUPS.filter(([name]) => name === "all" || name === group || kinds.some((one) => one.startsWith(`${name}.`)));
  const toggle = useCallback((id) => setOpen((all) => without(all, id) ?? new Set(all).add(id)), []);
  const all = () => setOpen(open.size ? new Set() : new Set(kept.slice(0, MOST_KINDS_OPEN).map((e) => e.seq)));
  return (
    <section className="qv-events">
      <div className="qv-bar" role="toolbar" aria-label="Which events">
        {groups.map(([name, word]) => (
          <button key={name} type="button" className="qv-chip" aria-pressed={group === name} onClick={() => setGroup(name)}>
            {word}
          </button>
        ))}
        <select className="qv-select" aria-label="Kind of event" value={kind} onChange={(change) => setKind(change.target.value)}>
          <option value="">Any kind</option>
          {kinds.map((one) => <option key={one}>{one}</option>)}
        </select>
        <span className="qv-grow" />
        <span className="qv-muted" data-testid="event-count">{kept.length.toLocaleString()} events</span>
        <button type="button" className="qv-chip" aria-pressed={compact} onClick={() => setCompact(!compact)}>By step</button>
        <button type="button" className="qv-chip" aria-pressed={open.size > 0} onClick={all}>{open.size ? "Fold all" : "Unfold all"}</button>
        <button type="button" className="qv-chip" onClick={() => setNewestFirst(!newestFirst)}>
          {newestFirst ? "Newest first" : "Oldest first"}
        </button>
        {!redacted && <a className="qv-chip" href={`/api/v1/runs/${runId}/history`} download={`${runId}.json`}>Download</a>}
      </div>
      {rows.length ? (
        <Rows rows={rows} picture={picture} names={names} selected={selected} at={at} toggle={toggle} onSelect={onSelect} onAt={onAt} />
      ) : (
        <p className="qv-none">No events of this kind yet.</p>
      )}
    </section>
  );
}

function without(all, id) {
  if (!all.has(id)) return null;
  const left = new Set(all);
  left.delete(id);
  return left;
}

/** The rows as they stand under each other: events, their raw JSON where it is unfolded, and steps with their events folded. */
function rowsOf(events, { newestFirst, compact, open }) {
  const found = [];
  const put = (event, depth) => {
    found.push({ id: `e${event.seq}`, event, depth, open: open.has(event.seq) });
    if (open.has(event.seq)) found.push({ id: `r${event.seq}`, raw: event });
  };
  const sorted = newestFirst ? events.slice().reverse() : events;
  if (!compact) {
    for (const event of sorted) put(event, 0);
    return found;
  }
  const steps = new Map();
  for (const event of sorted) {
    const key = event.node_id ? stepKey(event) : `run ${event.seq}`;
    if (!steps.has(key)) steps.set(key, []);
    steps.get(key).push(event);
  }
  for (const [key, own] of steps) {
    if (own.length === 1) put(own[0], 0);
    else {
      found.push({ id: key, group: own, open: open.has(key) });
      if (open.has(key)) for (const event of own) put(event, 1);
    }
  }
  return found;
}

const heightOf = (row) => (row.raw ? RAW : ROW);
const keyOf = (row) => row.id;

function Rows({ rows, picture, names, selected, at, toggle, onSelect, onAt }) {
  const start = picture.events[0]?.at;
  const nameOf = (event) => (callAround(event.path) ? event.node_id : names.get(event.node_id));
  const chosen = (event) => Boolean(selected && event.node_id && stepKey(event) === selected.key);
  const goTo = at ? rows.findIndex((row) => row.event?.seq === at) : selected ? rows.findIndex((row) => row.event && chosen(row.event)) : -1;
  const choose = (event) => event.node_id && onSelect(event);
  const draw = (row) => {
    if (row.raw) return <pre className="qv-raw">{JSON.stringify(row.raw, null, 2)}</pre>;
    if (row.group) return <Group row={row} name={nameOf(row.group[0])} chosen={chosen(row.group[0])} onOpen={() => { toggle(row.id); choose(row.group[0]); }} />;
    const { event } = row;
    const before = picture.events[event.seq - 2];
    return (
      <Row
        event={event}
        name={nameOf(event)}
        names={names}
        since={between(start, event.at)}
        after={before?.seq === event.seq - 1 ? between(before.at, event.at) : ""}
        chosen={chosen(event)}
        isNow={event.seq === at}
        depth={row.depth}
        open={row.open}
        onOpen={() => { toggle(event.seq); choose(event); }}
        onAt={() => onAt(event.seq)}
      />
    );
  };
  return <VirtualRows rows={rows} heightOf={heightOf} keyOf={keyOf} draw={draw} goTo={goTo} label="Events" />;
}

function Group({ row, name, chosen, onOpen }) {
  const [first, last] = [row.group[0], row.group[row.group.length - 1]];
  const [from, to] = first.seq < last.seq ? [first, last] : [last, first];
  return (
    <button type="button" className="qv-event qv-event-group" data-chosen={chosen || undefined} onClick={onOpen} aria-expanded={row.open}>
      <span className="qv-num">{from.seq}</span>
      <span className="qv-num">{between(from.at, to.at)}</span>
      <span className="qv-num" />
      <span className="qv-kind">{row.group.length} events</span>
      <span className="qv-where">{name ?? first.node_id}{first.visit > 1 && <small> visit {first.visit}</small>}{first.path && <small> {shortPath(first.path)}</small>}</span>
      <span className="qv-hint">{to.kind.split(".")[1]}</span>
    </button>
  );
}

function Row({ event, name, names, since, after, chosen, isNow, depth, open, onOpen, onAt }) {
  const word = event.kind.split(".")[1];
  return (
    <span className="qv-event-row" data-now={isNow || undefined}>
      <button type="button" className="qv-event" data-depth={depth || undefined} data-chosen={chosen || undefined} data-word={word} onClick={onOpen} aria-expanded={open}>
        <span className="qv-num">{event.seq}</span>
        <span className="qv-num" title={event.at}>+{since}</span>
        <span className="qv-num qv-after" title="Since the event before">{after && `Δ ${after}`}</span>
        <span className="qv-kind">{event.kind}</span>
        <span className="qv-where">
          {name ?? event.node_id ?? ""} {event.path && <small title={event.path}>{shortPath(event.path)}</small>}
          {event.visit > 1 && <small> visit {event.visit}</small>}
          {event.attempt > 1 && <small> attempt {event.attempt}</small>}
        </span>
        <span className="qv-hint">{hint(event, names)}</span>
      </button>
      <button type="button" className="qv-link qv-then" onClick={onAt} title="Show the run as it was after this event">Then</button>
    </span>
  );
}

function hint(event, names) {
  const data = event.data ?? {};
  if (event.kind === "step.logged") return data.message;
  if (data.note) return `by ${data.name}: ${data.note}`;
  if (event.kind === "agent.said") return data.text || (data.calls ?? []).map((one) => one.tool).join(", ");
  if (event.kind === "agent.message") return `${names.get(data.from) ?? data.from ?? ""} → ${names.get(data.to) ?? data.to ?? ""}: ${data.reason || data.text || ""}`;
  if (event.kind === "run.repaired") return `${data.edited?.length ?? 0} edited, ${data.given?.length ?? 0} skipped, ${data.again?.length ?? 0} again, by ${data.name}`;
  if (event.kind.startsWith("tool.")) return `${data.tool}${data.ok === false ? " failed" : ""}${data.ms == null ? "" : `, ${data.ms} ms`}`;
  if (event.kind === "state.transition") return `${data.transition} → ${names.get(data.to) ?? data.to}${data.event ? ` by ${data.event}` : ""}`;
  if (event.kind === "state.ignored") return `${data.event} fits no transition`;
  if (event.kind === "step.waiting" && data.run_id) return `for the run ${data.run_id}`;
  if (event.kind === "step.waiting" && data.events?.length) return `for ${data.events.map((one) => one.name).join(", ")}`;
  return data.error?.message ?? data.title ?? data.reason ?? (data.port && data.port !== "out" ? `→ ${data.port}` : data.name ? `by ${data.name}` : "");
}
