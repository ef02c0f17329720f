// One bar per attempt on a common scale: waits striped, retries as bars of their own, a line for now.
import { useEffect, useMemo, useRef, useState } from "react";
import { duration } from "../components/durations.js";
import { lookOf } from "../components/states.js";
import { between, shortPath, spokenPath } from "./time.js";
import { ENDED, shownState } from "./fold.js";

export function Timeline({ picture, names, selected, onSelect }) {
  const running = !picture.run.finishedAt;
  const now = useNow(running);
  const scale = useMemo(() => scaleOf(picture, now), [picture, now]);
  if (!picture.order.length) return <p className="qv-none">No step has started yet.</p>;
  return (
    <section className="qv-timeline" aria-label="Timeline">
      <Ruler scale={scale} />
      <ol>
        {picture.order.map((key) => {
          const step = picture.steps.get(key);
          return (
            <Line
              key={key}
              step={step}
              name={names.get(step.nodeId) ?? step.nodeId}
              undoes={step.undoes && (names.get(step.undoes) ?? step.undoes)}
              scale={scale}
              now={now}
              inside={step.path && spokenPath(step.path, names)}
              chosen={selected?.key === key}
              onSelect={() => onSelect(step)}
            />
          );
        })}
      </ol>
    </section>
  );
}

/** Brings a row that was chosen elsewhere into the list's own view, without moving the page. */
function useInSight(chosen) {
  const at = useRef(null);
  useEffect(() => {
    const list = chosen && at.current?.closest(".qv-timeline");
    if (!list) return;
    const [row, box] = [at.current.getBoundingClientRect(), list.getBoundingClientRect()];
    if (row.top < box.top + row.height || row.bottom > box.bottom) list.scrollTop += row.top - box.top - box.height / 2;
  }, [chosen]);
  return at;
}

const UNDONE = { undone: "undone", left: "left as it is", stuck: "not undone" };

function Line({ step, name, undoes, inside, scale, now, chosen, onSelect }) {
  const at = useInSight(chosen);
  const ends = step.finishedAt ?? now;
  return (
    <li ref={at}>
      <button type="button" className="qv-line" data-chosen={chosen || undefined} data-inside={Boolean(step.path) || undefined} data-status={shownState(step)} data-undoes={Boolean(undoes) || undefined} aria-pressed={chosen} onClick={onSelect}>
        <span className="qv-line-name" title={[name, undoes && `undoes ${undoes}`, inside].filter(Boolean).join(", ")}>
          {name} {step.path && <small>{shortPath(step.path)}</small>}
          {step.visit > 1 && <small> visit {step.visit}</small>}
          {undoes && <small className="qv-undo">undoes {undoes}</small>}
          {step.undone && <small className="qv-undo" data-undone={step.undone}>{UNDONE[step.undone]}</small>}
        </span>
        <span className="qv-track">
          {step.attempts.map((attempt) => (
            <Bar
              key={attempt.number}
              scale={scale}
              from={attempt.startedAt}
              to={attempt.finishedAt ?? ends}
              status={shownState({ ...step, status: attempt.finishedAt ? attempt.status : step.status })}
            />
          ))}
          {step.waits.map((wait) => (
            <Bar key={wait.startedAt} scale={scale} from={wait.startedAt} to={wait.finishedAt ?? ends} waits status={`waiting_${["time", "event"].includes(wait.for) ? wait.for : "person"}`} />
          ))}
        </span>
        <span className="qv-num">{step.status === "skipped" ? "skipped" : between(step.startedAt, ENDED.has(step.status) ? step.finishedAt : now)}</span>
      </button>
    </li>
  );
}

function Bar({ scale, from, to, status, waits }) {
  const left = scale.at(from);
  const width = Math.max(scale.at(to) - left, 0.4);
  return (
    <span
      className="qv-bar-step"
      data-status={status}
      data-waits={waits || undefined}
      style={{ left: `${left}%`, width: `${width}%` }}
      title={`${lookOf(status).word}, ${between(from, to)}`}
    />
  );
}

function Ruler({ scale }) {
  return (
    <div className="qv-ruler" aria-hidden="true">
      <span />
      <span className="qv-track">
        {[0, 25, 50, 75].map((percent) => (
          <span key={percent} style={{ left: `${percent}%` }}>
            {percent ? duration((scale.length * percent) / 100) : "0"}
          </span>
        ))}
      </span>
      <span />
    </div>
  );
}

function scaleOf(picture, now) {
  const start = +new Date(picture.run.startedAt ?? picture.events[0]?.at ?? now);
  const end = +new Date(picture.run.finishedAt ?? now);
  const length = Math.max(end - start, 1);
  return { start, length, at: (moment) => Math.min(100, Math.max(0, ((+new Date(moment) - start) / length) * 100)) };
}

function useNow(ticking) {
  const [now, setNow] = useState(() => new Date().toISOString());
  useEffect(() => {
    if (!ticking) return undefined;
    const timer = setInterval(() => setNow(new Date().toISOString()), 500);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}
