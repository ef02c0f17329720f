// Time travel: drag through the history, play it again at a speed, or step by event; the views show that instant.
import { useEffect, useRef, useState } from "react";
import { Icon } from "../components/icons.jsx";
import { between } from "./time.js";
import { upTo } from "./moment.js";

const SPEEDS = [1, 4, 16];
const LONGEST_WAIT = 2000; // of a pause in the history, at 1×: nobody waits for a person a second time
const SHORTEST_WAIT = 30;

/** `at` is the number of the event after which the run is shown; null is now. */
export function Scrubber({ events, at, onAt, legend }) {
  const [speed, setSpeed] = useState(1);
  const [playing, setPlaying] = useState(false);
  const last = events.at(-1)?.seq ?? 0;
  const shown = at ?? last;
  usePlaying({ playing, events, at, speed, onAt, stop: () => setPlaying(false) });
  const go = (seq) => onAt(seq >= last ? null : Math.max(1, seq));
  const event = events[upTo(events, shown) - 1];
  const toggle = () => {
    if (!playing && at === null) onAt(1);
    setPlaying(!playing);
  };
  const drag = (changed) => {
    setPlaying(false);
    go(Number(changed.target.value));
  };
  if (last < 2) return null;
  return (
    <div className="qv-scrub" role="group" aria-label="Time" data-testid="scrubber" data-at={at ?? "now"}>
      <button type="button" className="qv-icon" onClick={toggle} aria-label={playing ? "Stop playing" : "Play the history"} title={playing ? "Stop" : "Play the history"}>
        <Icon name={playing ? "pause" : "play"} size={14} />
      </button>
      <button type="button" className="qv-speed" onClick={() => setSpeed(SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length])} aria-label={`Speed ${speed}×`} title="Speed">
        {speed}×
      </button>
      <span className="qv-track-of">
        <Marks events={events} last={last} />
        <input type="range" min={1} max={last} step={1} value={shown} onChange={drag} aria-label="Event" aria-valuetext={event && `Event ${shown} of ${last}, ${event.kind}`} data-testid="scrub" />
      </span>
      <span className="qv-scrub-words" aria-live="off">
        <b>{shown.toLocaleString()}</b> / {last.toLocaleString()}
        {event && <span className="qv-scrub-when"> +{between(events[0].at, event.at)}</span>}
        {event && <span className="qv-scrub-kind qv-kind">{event.kind}</span>}
      </span>
      {legend}
      <button type="button" className="qv-chip" disabled={at === null} aria-pressed={at === null} onClick={() => go(last)} data-testid="scrub-now">
        Now
      </button>
    </div>
  );
}

const MARKED = { "step.failed": "failed", "run.failed": "failed", "step.retrying": "retrying", "approval.requested": "waiting-person", "run.resumed": "running", "run.paused": "paused", "run.succeeded": "succeeded" };
const MOST_MARKS = 120;

/** Where something worth a look happened. */
function Marks({ events, last }) {
  const marked = events.filter((event) => MARKED[event.kind]).slice(0, MOST_MARKS);
  return (
    <span className="qv-marks" aria-hidden="true">
      {marked.map((event) => <i key={event.seq} style={{ left: `${((event.seq - 1) / Math.max(1, last - 1)) * 100}%`, background: `var(--qk-state-${MARKED[event.kind]})` }} />)}
    </span>
  );
}

/** Goes from event to event as slowly as they came, divided by the speed. */
function usePlaying({ playing, events, at, speed, onAt, stop }) {
  const latest = useRef({ onAt, stop });
  latest.current = { onAt, stop };
  useEffect(() => {
    if (!playing) return undefined;
    const index = upTo(events, at ?? 0);
    const [now, next] = [events[index - 1], events[index]];
    if (!next) {
      latest.current.onAt(null);
      latest.current.stop();
      return undefined;
    }
    const pause = now ? Math.min(LONGEST_WAIT, Date.parse(next.at) - Date.parse(now.at)) / speed : 0;
    const timer = setTimeout(() => latest.current.onAt(next.seq), Math.max(SHORTEST_WAIT / Math.sqrt(speed), pause));
    return () => clearTimeout(timer);
  }, [playing, events, at, speed]);
}
