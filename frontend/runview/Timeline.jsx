// One bar per attempt on a common scale: waits striped, retries as bars of their own, a line for now; zoom, pan, fit, folded gaps.
import { useEffect, useMemo, useRef, useState } from "react";
import { duration } from "../components/durations.js";
import { Icon } from "../components/icons.jsx";
import { lookOf } from "../components/states.js";
import { ENDED, shownState } from "./fold.js";
import { depthsOf, StepGrid } from "./StepGrid.jsx";
import { between, shortPath, spokenPath } from "./time.js";
import { ticksOf, timescale } from "./timescale.js";
import { VirtualRows } from "./VirtualRows.jsx";

const ORDERS = [
  ["time", "As it happened"],
  ["node", "By node"],
  ["took", "Longest first"],
  ["depends", "By dependency"],
  ["grid", "As a grid"],
];
const CLOSEST = 0.0005;
const WHOLE = { from: 0, to: 1 };
const HEIGHT = () => 28;
const ROOM_FOR_WORDS = 94; // percent: right of it a word would be cut
const keyOf = (step) => step.key;

export function Timeline({ picture, diagram, names, selected, onSelect, still }) {
  const running = !picture.run.finishedAt && !still;
  const now = useNow(running, still);
  const [order, setOrder] = useState("time");
  const [folds, setFolds] = useState(false);
  const [view, setView] = useState(WHOLE);
  const scale = useMemo(() => timescale(picture, now, folds), [picture, now, folds]);
  const steps = useMemo(() => inOrder(picture, diagram, order, now), [picture, diagram, order, order === "took" ? now : null]);
  const holder = useRef(null);
  const zoom = useZoom(holder, setView);
  const pan = usePan(view, setView);
  const place = (moment) => ((scale.at(moment) - view.from) / (view.to - view.from)) * 100;
  if (!picture.order.length) return <p className="qv-none">{picture.run.startedAt ? "No step has started yet." : "Waits for a worker."}</p>;
  return (
    <section className="qv-timeline" aria-label="Timeline" ref={holder} onPointerDown={pan} data-zoomed={view !== WHOLE || undefined}>
      <div className="qv-bar" role="toolbar" aria-label="Timeline">
        <select className="qv-select" aria-label="Order" value={order} onChange={(change) => setOrder(change.target.value)}>
          {ORDERS.map(([value, word]) => <option key={value} value={value}>{word}</option>)}
        </select>
        {scale.foldable > 0 && (
          <button type="button" className="qv-chip" aria-pressed={folds} onClick={() => setFolds(!folds)} data-testid="fold-gaps">
            Fold idle time
          </button>
        )}
        <span className="qv-grow" />
        <span className="qv-muted">{steps.length.toLocaleString()} {steps.length === 1 ? "step" : "steps"}</span>
        <button type="button" className="qv-icon" onClick={() => zoom(1.6)} aria-label="Zoom out"><Icon name="minus" size={14} /></button>
        <button type="button" className="qv-icon" onClick={() => zoom(0.62)} aria-label="Zoom in"><Icon name="plus" size={14} /></button>
        <button type="button" className="qv-chip" onClick={() => setView(WHOLE)} disabled={view === WHOLE} data-testid="timeline-fit">Fit</button>
      </div>
      {order === "grid" ? <StepGrid steps={steps} names={names} now={now} selected={selected} onSelect={onSelect} /> : <>
      <Ruler scale={scale} view={view} place={place} now={running ? now : null} waits={picture.run.queues ?? []} />
      <VirtualRows
        rows={steps}
        heightOf={HEIGHT}
        keyOf={keyOf}
        label="Steps"
        goTo={selected ? steps.findIndex((step) => step.key === selected.key) : -1}
        draw={(step) => (
          <Line
            step={step}
            name={names.get(step.nodeId) ?? step.nodeId}
            undoes={step.undoes && (names.get(step.undoes) ?? step.undoes)}
            place={place}
            now={now}
            nowAt={running ? place(now) : null}
            inside={step.path && spokenPath(step.path, names)}
            chosen={selected?.key === step.key}
            onSelect={() => onSelect(step)}
          />
        )}
      />
      </>}
    </section>
  );
}

const tookOf = (step, now) => (step.startedAt ? Date.parse(step.finishedAt ?? now) - Date.parse(step.startedAt) : -1);

function inOrder(picture, diagram, order, now) {
  const steps = picture.order.map((key) => picture.steps.get(key));
  if (order === "took") return steps.sort((a, b) => tookOf(b, now) - tookOf(a, now));
  if (order === "depends") {
    const depths = depthsOf(diagram);
    return steps.sort((a, b) => (depths.get(a.nodeId) ?? Infinity) - (depths.get(b.nodeId) ?? Infinity) || a.startSeq - b.startSeq);
  }
  if (order !== "node") return steps;
  const first = new Map();
  steps.forEach((step, i) => first.has(step.nodeId) || first.set(step.nodeId, i));
  return steps.sort((a, b) => first.get(a.nodeId) - first.get(b.nodeId));
}

/** Ctrl and the wheel zoom at the pointer, as the canvas does. */
function useZoom(holder, setView) {
  const zoom = (by, at = 0.5) =>
    setView((view) => {
      const width = Math.min(1, Math.max(CLOSEST, (view.to - view.from) * by));
      if (width >= 1) return WHOLE;
      const centre = view.from + (view.to - view.from) * at;
      const from = Math.min(1 - width, Math.max(0, centre - width * at));
      return { from, to: from + width };
    });
  useEffect(() => {
    const box = holder.current;
    if (!box) return undefined;
    const wheel = (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const track = box.querySelector(".qv-ruler .qv-track").getBoundingClientRect();
      zoom(Math.exp(event.deltaY * 0.002), Math.min(1, Math.max(0, (event.clientX - track.left) / track.width)));
    };
    box.addEventListener("wheel", wheel, { passive: false });
    return () => box.removeEventListener("wheel", wheel);
  });
  return zoom;
}

/** A drag along the bars moves a zoomed timeline; a click stays a click. */
function usePan(view, setView) {
  return (event) => {
    const track = event.target.closest?.(".qv-track");
    if (!track || view === WHOLE || event.button !== 0) return;
    const { width } = track.getBoundingClientRect();
    const [start, began] = [event.clientX, view];
    const move = (moved) => {
      const by = ((start - moved.clientX) / width) * (began.to - began.from);
      const from = Math.min(1 - (began.to - began.from), Math.max(0, began.from + by));
      setView({ from, to: from + began.to - began.from });
    };
    const end = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", end);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end);
  };
}

const UNDONE = { undone: "undone", left: "left as it is", stuck: "not undone" };

function Line({ step, name, undoes, inside, place, now, nowAt, chosen, onSelect }) {
  const ends = step.finishedAt ?? now;
  return (
    <button type="button" className="qv-line" data-chosen={chosen || undefined} data-inside={Boolean(step.path) || undefined} data-status={shownState(step)} data-undoes={Boolean(undoes) || undefined} aria-pressed={chosen} onClick={onSelect}>
      <span className="qv-line-name" style={{ "--qv-depth": depthOf(step.path) }} title={[name, undoes && `undoes ${undoes}`, inside].filter(Boolean).join(", ")}>
        {name} {step.path && <small>{shortPath(step.path)}</small>}
        {step.visit > 1 && <small> visit {step.visit}</small>}
        {undoes && <small className="qv-undo">undoes {undoes}</small>}
        {step.undone && <small className="qv-undo" data-undone={step.undone}>{UNDONE[step.undone]}</small>}
      </span>
      <span className="qv-track">
        {step.attempts.map((attempt) => (
          <Bar
            key={attempt.number}
            place={place}
            from={attempt.startedAt}
            to={attempt.finishedAt ?? ends}
            status={shownState({ ...step, status: attempt.finishedAt ? attempt.status : step.status })}
            note={step.attempts.length > 1 ? `attempt ${attempt.number}` : ""}
          />
        ))}
        {step.waits.map((wait) => (
          <Bar key={wait.startedAt} place={place} from={wait.startedAt} to={wait.finishedAt ?? ends} waits status={`waiting_${["time", "event"].includes(wait.for) ? wait.for : "person"}`} note={wait.by} />
        ))}
        {nowAt !== null && nowAt >= 0 && nowAt <= 100 && <i className="qv-now" style={{ left: `${nowAt}%` }} />}
      </span>
      <span className="qv-num">{step.status === "skipped" ? "skipped" : between(step.startedAt, ENDED.has(step.status) ? step.finishedAt : now)}</span>
    </button>
  );
}

const depthOf = (path) => (path ? path.split("/").length : 0);

function Bar({ place, from, to, status, waits, note }) {
  const [left, right] = [Math.max(place(from), -1), Math.min(place(to), 101)];
  if (right < 0 || left > 100) return null;
  return (
    <span
      className="qv-bar-step"
      data-status={status}
      data-waits={waits || undefined}
      style={{ left: `${left}%`, width: `${Math.max(right - left, 0.4)}%` }}
      title={[lookOf(status).word, note, between(from, to)].filter(Boolean).join(", ")}
    >
      {waits && note && <em>{note}</em>}
    </span>
  );
}

/** Moments along the top; where the run stood in the queue is shaded, folded stretches are marked. */
function Ruler({ scale, view, place, now, waits }) {
  return (
    <div className="qv-ruler" aria-hidden="true">
      <span className="qv-muted">{waits.length > 0 && <span className="qv-queue-key">in the queue</span>}</span>
      <span className="qv-track">
        {waits.map(({ from, to }) => <Shade key={from} left={place(from)} right={place(to ?? now ?? from)} title={`In the queue, ${between(from, to)}`} />)}
        {scale.gaps.map(([from, to]) => <Shade key={from} folded left={place(from)} right={place(to)} title={`Nothing worked for ${duration(to - from)}`} />)}
        {ticksOf(scale, view).filter(({ at }) => place(at) < ROOM_FOR_WORDS).map(({ at, word }) => <span key={at} style={{ left: `${place(at)}%` }}>{word}</span>)}
        {now && place(now) <= 100 && <i className="qv-now" style={{ left: `${place(now)}%` }}><b>now</b></i>}
      </span>
      <span />
    </div>
  );
}

function Shade({ left, right, folded, title }) {
  const [from, to] = [Math.max(0, left), Math.min(100, right)];
  if (to <= 0 || from >= 100 || to - from < 0.05) return null;
  return <i className={folded ? "qv-gap" : "qv-queue"} title={title} style={{ left: `${from}%`, width: `${to - from}%` }} />;
}

/** The present, or the moment at which the run is looked at. */
function useNow(ticking, still) {
  const [now, setNow] = useState(() => new Date().toISOString());
  useEffect(() => {
    if (!ticking) return undefined;
    const timer = setInterval(() => setNow(new Date().toISOString()), 500);
    return () => clearInterval(timer);
  }, [ticking]);
  return still ?? now;
}
