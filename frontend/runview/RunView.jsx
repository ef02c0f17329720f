// The run view: canvas, step, timeline and events of one run; what is chosen in one is chosen in all.
import { useCallback, useEffect, useMemo, useState } from "react";
import "@xyflow/react/dist/style.css";
import "../components/canvas.css";
import "./runview.css";
import { kindOf } from "../components/flow.js";
import { LiveContext } from "../components/live_hooks.js";
import { EventList } from "./EventList.jsx";
import { RunCanvas } from "./RunCanvas.jsx";
import { StepPanel } from "./StepPanel.jsx";
import { Timeline } from "./Timeline.jsx";
import { ENDED, stepKey } from "./fold.js";
import { useRun } from "./useRun.js";

const TABS = [
  ["timeline", "Timeline"],
  ["events", "Events"],
];

export function RunView({ runId, maySteer = false, mayStart = false }) {
  const { run, diagram, kinds, records, picture, trouble, link, live } = useRun(runId);
  const [key, setKey] = useState(null);
  const [tab, setTab] = useState("timeline");
  useEffect(() => setKey(null), [runId]);
  const names = useMemo(() => new Map((diagram?.nodes ?? []).map((n) => [n.id, n.name || kindOf(kinds, n.kind).title])), [diagram, kinds]);
  const chosen = key ? picture.steps.get(key) : null;
  const chooseStep = useCallback((step) => setKey(step.key), []);
  const chooseEvent = useCallback((event) => setKey(stepKey(event)), []);
  const chooseNode = useCallback(
    (nodeId) => setKey([...picture.order].reverse().find((k) => picture.steps.get(k).nodeId === nodeId) ?? null),
    [picture],
  );
  const focus = useMemo(() => whereItIs(picture), [picture]);
  const failed = useMemo(() => whatFailed(stepsOf(picture)), [picture]);
  const waiting = useMemo(() => stepsOf(picture).filter((step) => step.status === "waiting_event"), [picture]);
  if (trouble) return <Missing trouble={trouble} />;
  if (!diagram) return <Skeleton />;
  return (
    <LiveContext.Provider value={live}>
      <div className="qv" data-testid="run-view" data-status={picture.run.status} data-link={link}>
        <div className="qv-canvas">
          {link === "connecting" && picture.lastSeq > 0 && <div className="qv-offline" role="status">Connection lost; the run goes on. Catching up …</div>}
          <RunCanvas diagram={diagram} kinds={kinds} chosen={chosen?.nodeId} focus={focus} onChoose={chooseNode} />
        </div>
        <StepPanel step={chosen} record={records.get(key)} names={names} run={run} failed={failed} sagas={picture.sagas} waiting={waiting} maySteer={maySteer} mayStart={mayStart} onSelect={chooseStep} onClose={() => setKey(null)} />
        <div className="qv-below">
          <div className="qv-tabs" role="tablist" aria-label="History" onKeyDown={(event) => turn(event, tab, setTab)}>
            {TABS.map(([name, word]) => (
              <button key={name} type="button" role="tab" className="qv-tab" aria-selected={tab === name} tabIndex={tab === name ? 0 : -1} data-tab={name} onClick={() => setTab(name)}>
                {word}
              </button>
            ))}
          </div>
          {tab === "timeline" ? (
            <Timeline picture={picture} names={names} selected={chosen} onSelect={chooseStep} />
          ) : (
            <EventList picture={picture} names={names} selected={chosen} onSelect={chooseEvent} />
          )}
        </div>
      </div>
    </LiveContext.Provider>
  );
}

/** The arrow keys walk along the tabs. */
function turn(event, tab, setTab) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const at = TABS.findIndex(([name]) => name === tab);
  const [next] = TABS[(at + step + TABS.length) % TABS.length];
  setTab(next);
  event.currentTarget.querySelector(`[data-tab="${next}"]`).focus();
}

const stepsOf = (picture) => picture.order.map((key) => picture.steps.get(key));

/** The last step that failed: of the work if there is one, else of its rollback. */
function whatFailed(steps) {
  const failed = steps.filter((step) => step.status === "failed");
  return failed.findLast((step) => !step.undoes && !step.rolled) ?? failed.at(-1);
}

/** The node at which the run works, waits or has failed. */
function whereItIs(picture) {
  const step = stepsOf(picture).findLast(({ status }) => status === "failed" || !ENDED.has(status));
  return step?.nodeId ?? null;
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
