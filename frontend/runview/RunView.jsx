// The run view: canvas, step, time, timeline, events, trace, state and logs of one run; what is chosen in one is chosen in all.
import { useCallback, useEffect, useMemo, useState } from "react";
import "@xyflow/react/dist/style.css";
import "../components/canvas.css";
import "./runview.css";
import "./views.css";
import { kindOf } from "../components/flow.js";
import { LiveContext, StillContext } from "../components/live_hooks.js";
import { BreakContext, useBreakpoints } from "./Breakpoints.jsx";
import { Comparing, differencesOf, useComparison } from "./Comparing.jsx";
import { EventList } from "./EventList.jsx";
import { ForkTree, useForks } from "./ForkTree.jsx";
import { Legend, partsOf } from "./Legend.jsx";
import { LogList } from "./LogList.jsx";
import { MessageList } from "./MessageList.jsx";
import { RunCanvas } from "./RunCanvas.jsx";
import { Scrubber } from "./Scrubber.jsx";
import { StatePanel } from "./StatePanel.jsx";
import { StepPanel } from "./StepPanel.jsx";
import { Timeline } from "./Timeline.jsx";
import { Trace } from "./Trace.jsx";
import { ENDED, stepKey } from "./fold.js";
import { upTo, useMoment } from "./moment.js";
import { place, placed } from "./place.js";
import { useRun } from "./useRun.js";

const TABS = [
  ["timeline", "Timeline"],
  ["events", "Events"],
  ["trace", "Trace"],
  ["state", "State"],
  ["logs", "Logs"],
  ["messages", "Messages"],
];
const COMPARE = ["compare", "Compare"];
const FORKS = ["forks", "Forks"];
const known = (tab) => [...TABS, FORKS, COMPARE].some(([name]) => name === tab);

/** What is looked at, kept in the address. */
function usePlaced(runId) {
  const [seen, setSeen] = useState({});
  useEffect(() => {
    const other = placed("with");
    const tab = placed("tab");
    setSeen({ runId, key: placed("step") || null, tab: known(tab) ? tab : other ? "compare" : "timeline", at: Number(placed("at")) || null, other });
  }, [runId]);
  const look = useCallback((parts) => {
    setSeen((old) => {
      const next = { ...old, ...parts };
      place({ step: next.key, tab: next.tab === "timeline" ? "" : next.tab, at: next.at, with: next.other });
      return next;
    });
  }, []);
  return [seen.runId === runId ? seen : { key: null, tab: "timeline", at: null, other: "" }, look];
}

/** The run of the address; the page knows it only when its own state has come, and until then perhaps another one. */
const addressed = () => decodeURIComponent(/^\/runs\/([^/?#]+)/.exec(window.location.pathname)?.[1] ?? "");

export function RunView({ runId: told, maySteer = false, mayStart = false }) {
  const runId = addressed() || told;
  const [{ key, tab, at, other }, look] = usePlaced(runId);
  const { run, diagram, kinds, records, picture: whole, trouble, link, live: present } = useRun(runId, Boolean(key) || tab === "state");
  const { shown: picture, live } = useMoment(runId, whole, present, at);
  const found = useComparison(runId, other, whole.run.status);
  const breaks = useBreakpoints(run, maySteer);
  const forks = useForks(runId, run?.finished_at);
  const names = useMemo(() => new Map((diagram?.nodes ?? []).map((n) => [n.id, n.name || kindOf(kinds, n.kind).title])), [diagram, kinds]);
  const differences = useMemo(() => (other ? differencesOf(found) : null), [other, found]);
  const parts = useMemo(() => partsOf(picture), [picture]);
  const steps = useMemo(() => stepsOf(picture), [picture]);
  const shownRecords = useMemo(() => (at ? recordsThen(records, picture) : records), [records, picture, at]);
  const chosen = key ? (picture.steps.get(key) ?? null) : null;
  const setKey = useCallback((one) => look({ key: one }), [look]);
  const chooseStep = useCallback((step) => setKey(step.key), [setKey]);
  const chooseEvent = useCallback((event) => setKey(stepKey(event)), [setKey]);
  const setAt = useCallback((seq) => look({ at: seq }), [look]);
  const compare = useCallback((id) => look({ other: id, tab: id ? "compare" : "timeline" }), [look]);
  const chooseNode = useCallback((nodeId) => setKey([...picture.order].reverse().find((k) => picture.steps.get(k).nodeId === nodeId) ?? null), [picture, setKey]);
  const focus = useMemo(() => whereItIs(steps), [steps]);
  const hasCome = useTold(run, whole);
  const failed = useMemo(() => whatFailed(steps), [steps]);
  const waiting = useMemo(() => (at ? [] : steps.filter((step) => step.status === "waiting_event")), [steps, at]);
  if (trouble) return <Missing trouble={trouble} />;
  if (!diagram) return <Skeleton />;
  const tabs = [...TABS, ...(forks ? [FORKS] : []), ...(other ? [COMPARE] : [])];
  const shared = { picture, names, selected: chosen };
  const still = at ? whole.events[upTo(whole.events, at) - 1]?.at : null;
  const node = chosen && diagram.nodes.find((one) => one.id === chosen.nodeId);
  return (
    <LiveContext.Provider value={live}>
      <StillContext.Provider value={still}>
      <BreakContext.Provider value={breaks}>
        <div className="qv" data-testid="run-view" data-status={picture.run.status} data-link={link} data-events={whole.lastSeq} data-at={at ?? undefined}>
          <div className="qv-canvas">
            {link === "connecting" && whole.lastSeq > 0 && <div className="qv-offline" role="status">Connection lost; the run goes on. Catching up …</div>}
            {at && <div className="qv-then-note" role="status">As it was after event {at}</div>}
            {breaks.wrong && <div className="qv-then-note" role="alert">{breaks.wrong}</div>}
            <RunCanvas diagram={diagram} kinds={kinds} chosen={chosen?.nodeId} focus={hasCome ? focus : undefined} differences={differences} parts={parts} steps={steps} teams={picture.teams} spent={picture.spent} stopped={at ? null : picture.run.stoppedAt} onChoose={chooseNode} />
          </div>
          <StepPanel
            step={chosen}
            events={picture.events}
            record={shownRecords.get(key)}
            records={shownRecords}
            node={node}
            kind={node && kindOf(kinds, node.kind)}
            steps={steps}
            names={names}
            run={at && run ? { ...run, output: null, error: picture.run.error, finished_at: null } : run}
            failed={failed}
            sagas={picture.sagas}
            waiting={waiting}
            diagram={diagram}
            paused={!at && picture.run.status === "paused"}
            maySteer={maySteer && !at}
            mayStart={mayStart}
            onSelect={chooseStep}
            onClose={() => setKey(null)}
            onCompare={compare}
          />
          <div className="qv-below">
            <Scrubber events={whole.events} at={at} onAt={setAt} legend={<Legend parts={parts} />} />
            <div className="qv-tabs" role="tablist" aria-label="History" onKeyDown={(event) => turn(event, tabs, tab, (name) => look({ tab: name }))}>
              {tabs.map(([name, word]) => (
                <button key={name} type="button" role="tab" className="qv-tab" aria-selected={tab === name} tabIndex={tab === name ? 0 : -1} data-tab={name} onClick={() => look({ tab: name })}>
                  {word}
                </button>
              ))}
            </div>
            {tab === "timeline" && <Timeline {...shared} diagram={diagram} still={still} onSelect={chooseStep} />}
            {tab === "events" && <EventList {...shared} runId={runId} at={at} redacted={run?.redacted} onSelect={chooseEvent} onAt={setAt} />}
            {tab === "trace" && <Trace {...shared} run={run} onSelect={chooseStep} />}
            {tab === "state" && <StatePanel {...shared} records={shownRecords} input={run?.input} redacted={run?.redacted} onSelect={chooseStep} />}
            {tab === "logs" && <LogList {...shared} runId={runId} onSelect={chooseEvent} />}
            {tab === "messages" && <MessageList {...shared} diagram={diagram} redacted={run?.redacted} onSelect={chooseEvent} />}
            {tab === "forks" && forks && <ForkTree runId={runId} forks={forks} names={names} onCompare={compare} />}
            {tab === "compare" && <Comparing found={found} names={names} selected={chosen ?? { key }} onKey={setKey} onLeave={() => compare("")} />}
          </div>
        </div>
      </BreakContext.Provider>
      </StillContext.Provider>
    </LiveContext.Provider>
  );
}

/** The arrow keys walk along the tabs. */
function turn(event, tabs, tab, onTab) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const at = tabs.findIndex(([name]) => name === tab);
  const [next] = tabs[(at + step + tabs.length) % tabs.length];
  onTab(next);
  event.currentTarget.querySelector(`[data-tab="${next}"]`).focus();
}

const stepsOf = (picture) => picture.order.map((key) => picture.steps.get(key));

/** At a moment of the past only what had ended then is known. */
function recordsThen(records, picture) {
  return new Map([...records].filter(([key]) => picture.steps.get(key)?.finishedAt));
}

/** The last step that failed: of the work if there is one, else of its rollback. */
function whatFailed(steps) {
  const failed = steps.filter((step) => step.status === "failed");
  return failed.findLast((step) => !step.undoes && !step.rolled) ?? failed.at(-1);
}

/** The node at which the run works, waits or has failed. */
function whereItIs(steps) {
  const step = steps.findLast(({ status }) => status === "failed" || !ENDED.has(status));
  return step?.nodeId ?? null;
}

const LONG = 5000; // ms: the canvas opens then also without the run's history

/** Whether the events that the run already had have come: where the run stands is not known before. */
function useTold(run, whole) {
  const [late, setLate] = useState(false);
  const known = Boolean(run);
  useEffect(() => {
    if (!known) return undefined;
    const timer = setTimeout(() => setLate(true), LONG);
    return () => clearTimeout(timer);
  }, [known]);
  return late || Boolean(run?.finished_at ? whole.run.finishedAt : whole.lastSeq);
}

function Skeleton() {
  return (
    <div className="qv" aria-busy="true" aria-label="Loading the run">
      <div className="qv-skeleton" />
      <div className="qv-skeleton" />
      <div className="qv-skeleton qv-below" />
    </div>
  );
}

function Missing({ trouble }) {
  return (
    <div className="qv-trouble" role="alert">
      <strong>{trouble.message}</strong>
      {trouble.fix && <p>{trouble.fix}</p>}
    </div>
  );
}
