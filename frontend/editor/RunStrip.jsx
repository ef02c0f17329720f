// The run at the foot of the canvas: its state, what happened, and what a step got and gave.

import { memo, useEffect, useMemo, useRef, useState } from "react";
import { Button } from "@radix-ui/themes";
import { Link } from "react-router";
import { api } from "../components/api.js";
import { Icon } from "../components/icons.jsx";
import { LiveContext, useLive, useLiveEvents, useLiveRun } from "../components/live_hooks.js";
import { causeOf } from "../components/live.js";
import { within } from "../components/iterations.js";
import { Elapsed, StateChip } from "../components/StateMark.jsx";
import { useEditor, useUi } from "./hooks.js";
import { Value } from "./Value.jsx";

const SHOWN = 300;
const WORDS = {
  "run.queued": "Queued", "run.started": "Run started", "run.resumed": "Run resumed", "run.waiting": "Run waits", "run.paused": "Run paused",
  "run.cancelling": "Stopping", "run.succeeded": "Run succeeded", "run.failed": "Run failed", "run.cancelled": "Run cancelled",
  "step.started": "started", "step.waiting": "waits", "step.retrying": "tries again", "step.succeeded": "succeeded", "step.failed": "failed",
  "step.skipped": "was skipped", "approval.requested": "asks for a decision", "approval.decided": "was decided", "event.emitted": "emitted an event", "event.received": "received an event",
  "saga.compensating": "undoes what was done", "saga.stuck": "could not undo: people are asked", "saga.decided": "goes on undoing",
  "saga.compensated": "undid everything", "saga.failed": "could not undo everything",
};

function tone(kind) {
  const word = kind.split(".")[1];
  return { requested: "waiting_person", decided: "succeeded", waiting: "waiting" }[word] ?? word;
}

function EventRow({ event, name, first, chosen, onPick }) {
  const seconds = ((Date.parse(event.at) - first) / 1000).toFixed(2);
  return (
    <button type="button" className="qe-event" data-tone={tone(event.kind)} aria-pressed={chosen} disabled={!event.node_id} onClick={onPick}>
      <span className="qe-event-time">{seconds}</span>
      <i />
      <span className="qc-clip">
        {name && <b>{name} </b>}
        {WORDS[event.kind] ?? event.kind}
        {event.data?.error && <em> {causeOf(event.data.error)}</em>}
      </span>
    </button>
  );
}

function Events({ step, onPick }) {
  const { model, kinds } = useEditor();
  const place = useLive("filter", (live) => live.filter);
  const all = useLiveEvents();
  const events = useMemo(() => (place ? all.filter((event) => within(event.path, place)) : all), [all, place]);
  const nameOf = (id) => model.node(id)?.name || kinds.get(model.node(id)?.kind)?.title || id;
  const list = useRef(null);
  const first = all.length ? Date.parse(all[0].at) : 0;
  useEffect(() => {
    const at = list.current;
    if (at && at.scrollHeight - at.scrollTop - at.clientHeight < 80) at.scrollTop = at.scrollHeight;
  }, [events]);
  return (
    <div className="qe-events" ref={list} data-testid="run-events">
      {events.slice(-SHOWN).map((event) => (
        <EventRow
          key={event.seq}
          event={event}
          first={first}
          name={event.node_id && nameOf(event.node_id)}
          chosen={Boolean(step) && event.node_id === step}
          onPick={() => onPick(event.node_id)}
        />
      ))}
    </div>
  );
}

/** The last visit of a node in a run, asked again whenever the node's state changes. */
export function useStep(runId, nodeId) {
  const state = useLive(nodeId ?? "run", (live) => (nodeId ? live.node(nodeId).state : live.run.state));
  const [step, setStep] = useState(null);
  useEffect(() => {
    if (!runId || !nodeId) return setStep(null);
    let gone = false;
    api.get(`/runs/${runId}/steps`).then((page) => {
      const all = Array.isArray(page) ? page : (page.items ?? []);
      const visits = all.filter((one) => one.node_id === nodeId);
      if (!gone) setStep(visits.at(-1) ?? null);
    }, () => {});
    return () => {
      gone = true;
    };
  }, [runId, nodeId, state]);
  return step;
}

/** How the run ended: its output is asked for, because events carry no large values. */
function Ending({ runId }) {
  const { state, error } = useLiveRun();
  const [run, setRun] = useState(null);
  useEffect(() => {
    if (state !== "succeeded") return setRun(null);
    let gone = false;
    api.get(`/runs/${runId}`).then((found) => !gone && setRun(found), () => {});
    return () => {
      gone = true;
    };
  }, [runId, state]);
  return (
    <div className="qe-step" data-testid="run-ending">
      {error && <p className="qe-wrong">{causeOf(error)}</p>}
      {run ? <Value title="Output of the run" value={run.output} /> : <p className="qe-none">Choose a node or an event to see what it got and gave.</p>}
    </div>
  );
}

function Step({ runId, nodeId }) {
  const step = useStep(runId, nodeId);
  if (!nodeId) return <Ending runId={runId} />;
  if (!step) return <div className="qe-step"><p className="qe-none">This node has not been reached yet.</p></div>;
  return (
    <div className="qe-step" data-testid="run-step">
      {step.error && <p className="qe-wrong">{causeOf(step.error)}</p>}
      <Value title="Output" value={step.output} />
      <Value title="Input" value={step.input} />
    </div>
  );
}

function Head({ open, onToggle }) {
  const editor = useEditor();
  const run = useLiveRun();
  const over = useMemo(() => ["succeeded", "failed", "cancelled"].includes(run.state), [run.state]);
  return (
    <header className="qe-strip-head">
      <button type="button" className="qe-tool" aria-expanded={open} aria-label={open ? "Fold the run" : "Unfold the run"} onClick={onToggle}>
        <Icon name={open ? "chevron-down" : "chevron-up"} />
      </button>
      <StateChip state={run.state ?? "queued"} />
      <Elapsed since={run.startedAt} until={run.finishedAt} />
      {run.link === "connecting" && <span className="qe-muted">Connecting …</span>}
      {run.link === "refused" && <span className="qe-wrong">This run can no longer be followed: sign in again.</span>}
      <span className="qe-space" />
      {!over && editor.me.may("run.steer") && <Button size="1" variant="soft" color="gray" data-testid="run-stop" onClick={() => editor.stopRun()}><Icon name="square" size={11} />Stop</Button>}
      {over && <Button size="1" variant="soft" color="gray" onClick={() => editor.run("run")}><Icon name="rotate-cw" size={12} />Run again</Button>}
      <Link className="qe-link" to={`/runs/${run.id}`} data-testid="run-link">Run page <Icon name="arrow-right" size={12} /></Link>
      {over && <button type="button" className="qe-tool" aria-label="Close the run" onClick={() => editor.closeRun()}><Icon name="x" /></button>}
    </header>
  );
}

function Strip() {
  const run = useLiveRun();
  const [open, setOpen] = useState(true);
  const [picked, setPicked] = useState(null);
  const editor = useEditor();
  const selected = useUi((ui) => (ui.selection.length === 1 ? ui.selection[0] : null));
  const step = selected ?? picked;
  const pick = (id) => {
    setPicked(id);
    editor.select([id]);
  };
  return (
    <section className="qe-strip qe-float" aria-label="Run" data-testid="run-strip" data-state={run.state}>
      <Head open={open} onToggle={() => setOpen(!open)} />
      {open && (
        <div className="qe-strip-body">
          <Events step={step} onPick={pick} />
          <Step runId={run.id} nodeId={step} />
        </div>
      )}
    </section>
  );
}

export const RunStrip = memo(function RunStrip() {
  const { live } = useEditor();
  const shown = useUi((ui) => ui.strip);
  return shown ? <LiveContext value={live}><Strip /></LiveContext> : null;
});
