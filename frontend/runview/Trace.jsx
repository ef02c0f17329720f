// What steps asked of the world: models, code, addresses, people; with tokens, cost and time, as it was recorded.
import { useEffect, useMemo, useState } from "react";
import { api, entries } from "../components/api.js";
import { duration } from "../components/durations.js";
import { Icon } from "../components/icons.jsx";
import { stepKey } from "./fold.js";
import { JsonView } from "./JsonView.jsx";
import { shortPath } from "./time.js";

const KINDS = {
  chat: ["Model", "cpu"],
  code: ["Code", "code"],
  http: ["HTTP", "globe"],
  embed: ["Embedding", "braces"],
  search: ["Search", "search"],
  ask: ["Person", "hand"],
  signal: ["Event", "mail"],
  call: ["Workflow", "workflow"],
  tool: ["Tool", "wrench"],
  tools: ["Tools of servers", "plug"],
  agent: ["Agent", "bot"],
  colleagues: ["Agents", "bot"],
  message: ["Message", "message-square"],
  document: ["Document", "file-text"],
  query: ["Database", "database"],
};
const MOST = 500;
const asked = (call) => call.kind !== "clock"; // what time it was is recorded too, and asked of nobody

export function Trace({ run, picture, names, selected, onSelect }) {
  const { calls, trouble } = useCalls(run, picture.run.status, picture.steps.size);
  const [raw, setRaw] = useState(false);
  const [all, setAll] = useState(true);
  const [open, setOpen] = useState(() => new Set());
  const groups = useMemo(() => grouped(calls ?? [], picture, all ? null : selected), [calls, picture, all, selected]);
  const toggle = (id) => setOpen((old) => new Set(old.has(id) ? [...old].filter((one) => one !== id) : [...old, id]));
  if (trouble) return <p className="qv-none">{trouble.message}</p>;
  if (!calls) return <p className="qv-none" aria-busy="true">Reading what was asked …</p>;
  if (!calls.length) return <p className="qv-none">{run?.finished_at ? "No step asked a model, an address or anybody else." : "No step has asked anybody yet. What a step asks is recorded when it ends."}</p>;
  return (
    <section className="qv-trace" aria-label="Trace">
      <div className="qv-bar" role="toolbar" aria-label="Trace">
        <Totals calls={calls} />
        <span className="qv-grow" />
        {selected && <button type="button" className="qv-chip" aria-pressed={!all} onClick={() => setAll(!all)}>Only {names.get(selected.nodeId) ?? selected.nodeId}</button>}
        <button type="button" className="qv-chip" aria-pressed={raw} onClick={() => setRaw(!raw)}>Raw</button>
      </div>
      <div className="qv-scroll" role="tree" aria-label="What was asked" tabIndex={0}>
        {groups.map(({ key, step, nodeId, path, calls: own }) => (
          <div key={key} role="treeitem" aria-expanded="true" aria-selected={selected?.key === key}>
            <button type="button" className="qv-trace-step" data-chosen={selected?.key === key || undefined} onClick={() => step && onSelect(step)}>
              <b>{names.get(nodeId) ?? nodeId}</b> {path && <small>{shortPath(path)}</small>}
              <span className="qv-grow" />
              <small>{own.length} {own.length === 1 ? "call" : "calls"}</small>
            </button>
            <div role="group">
              {own.map((call) => <Call key={call.id} call={call} raw={raw} open={open.has(call.id)} onToggle={() => toggle(call.id)} />)}
            </div>
          </div>
        ))}
        {calls.length >= MOST && <p className="qv-none">The first {MOST} calls are shown.</p>}
      </div>
    </section>
  );
}

function useCalls(run, status, steps) {
  const [found, setFound] = useState({ calls: null, trouble: null });
  useEffect(() => {
    if (!run) return undefined;
    let gone = false;
    const timer = setTimeout(() => {
      api.get(`/runs/${run.id}/calls?limit=${MOST}`).then(
        (page) => !gone && setFound({ calls: entries(page).filter(asked).map((call) => ({ ...call, id: `${stepKey(call)}#${call.attempt}.${call.n}` })), trouble: null }),
        (trouble) => !gone && setFound({ calls: null, trouble }),
      );
    }, 200);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [run?.id, status, steps]);
  return found;
}

/** By step, in the order in which steps began. */
function grouped(calls, picture, only) {
  const by = new Map();
  for (const call of calls) {
    const key = stepKey(call);
    if (only && only.key !== key) continue;
    if (!by.has(key)) by.set(key, { key, step: picture.steps.get(key), nodeId: call.node_id, path: call.path, calls: [] });
    by.get(key).calls.push(call);
  }
  const places = new Map(picture.order.map((key, i) => [key, i]));
  return [...by.values()].sort((a, b) => (places.get(a.key) ?? Infinity) - (places.get(b.key) ?? Infinity));
}

const sum = (calls, field) => calls.reduce((all, call) => all + (call[field] ?? 0), 0);
export const money = (cost) => (cost ? `$${cost < 0.01 ? cost.toPrecision(2) : cost.toFixed(2)}` : "");

// A model's cost; what nobody knows the price of is not shown as nothing.
const paid = (call) => (call.kind !== "chat" || call.error ? "" : call.cost === null ? "cost unknown" : money(call.cost) || "free");

function Totals({ calls }) {
  const models = calls.filter((call) => call.kind === "chat");
  const [given, got] = [sum(calls, "input_tokens"), sum(calls, "output_tokens")];
  return (
    <span className="qv-muted" data-testid="trace-totals">
      {calls.length} {calls.length === 1 ? "call" : "calls"}
      {models.length > 0 && `, ${models.length} of models, ${given.toLocaleString()} tokens in, ${got.toLocaleString()} out`}
      {sum(calls, "cost") > 0 && `, ${money(sum(calls, "cost"))}`}
      {models.some((call) => !call.error && call.cost === null) && ", some of unknown cost"}
    </span>
  );
}

function Call({ call, raw, open, onToggle }) {
  const [word, icon] = KINDS[call.kind] ?? [call.kind, "box"];
  return (
    <div className="qv-call" data-failed={Boolean(call.error) || undefined} data-testid={`call-${call.kind}`}>
      <button type="button" className="qv-call-head" aria-expanded={open} onClick={onToggle}>
        <Icon name={icon} size={13} />
        <span>{word}</span>
        <span className="qv-clip qv-muted">{call.label}</span>
        <span className="qv-num">{call.input_tokens || call.output_tokens ? `${call.input_tokens} → ${call.output_tokens} tokens` : ""}</span>
        <span className="qv-num">{paid(call)}</span>
        <span className="qv-num" title={call.first_ms == null ? undefined : "Until the first token"} data-testid="first-token">{call.first_ms == null ? "" : `first ${duration(call.first_ms)}`}</span>
        <span className="qv-num">{call.ms === null ? "" : duration(call.ms)}</span>
      </button>
      {open && (raw ? <pre className="qv-raw-state">{JSON.stringify(call, null, 2)}</pre> : <Told call={call} />)}
    </div>
  );
}

function Told({ call }) {
  const messages = call.kind === "chat" ? call.request?.messages : null;
  return (
    <div className="qv-told">
      <CopyCase call={call} />
      {messages ? messages.map((one, i) => <div key={i} className="qv-turn" data-role={one.role}><small>{one.role}</small><p className="qv-prose">{one.content}</p></div>)
        : <div><small>Asked</small><JsonView value={call.request} label="Asked" /></div>}
      {call.error
        ? <p className="qv-wrong">{call.error.message ?? call.error.code}</p>
        : <div className="qv-turn" data-role="answer"><small>Answer</small><JsonView value={call.kind === "chat" ? (call.answer?.text ?? call.answer) : call.answer} label="Answer" /></div>}
    </div>
  );
}

/** The call as a test case: what was asked and what it gave. */
function CopyCase({ call }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    const { kind, request, answer, error } = call;
    await navigator.clipboard.writeText(JSON.stringify({ kind, request, ...(error ? { error } : { answer }) }, null, 2));
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return <button type="button" className="qv-link qv-copy-case" onClick={copy}>{done ? "Copied" : "Copy as a test case"}</button>;
}
