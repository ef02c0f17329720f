// Moments to places on the timeline: a straight scale, or one on which long stretches without work are folded; and its ticks.
import { duration } from "../components/durations.js";

const FOLDED = 0.02; // of the width that a folded stretch keeps
const LONG = 0.06; // of the whole: shorter stretches are not worth folding

const ms = (moment) => (typeof moment === "number" ? moment : Date.parse(moment));

/** When steps worked, joined where they overlap; waits are no work. */
function busyTimes(picture, now) {
  const spans = [];
  for (const step of picture.steps.values()) {
    for (const attempt of step.attempts) {
      let from = ms(attempt.startedAt);
      const to = ms(attempt.finishedAt ?? step.finishedAt ?? now);
      for (const wait of step.waits) {
        const [begins, ends] = [ms(wait.startedAt), ms(wait.finishedAt ?? step.finishedAt ?? now)];
        if (begins >= from && begins <= to) {
          spans.push([from, begins]);
          from = Math.min(ends, to);
        }
      }
      spans.push([from, to]);
    }
  }
  return joined(spans.sort((a, b) => a[0] - b[0]));
}

function joined(spans) {
  const found = [];
  for (const [from, to] of spans) {
    const last = found[found.length - 1];
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else found.push([from, to]);
  }
  return found;
}

/** Stretches in which nothing worked, long enough to be folded. */
function gapsOf(picture, start, end, now) {
  const gaps = [];
  let from = start;
  for (const [begins, ends] of [...busyTimes(picture, now), [end, end]]) {
    if (begins - from > LONG * (end - start)) gaps.push([from, begins]);
    from = Math.max(from, ends);
  }
  return gaps;
}

/** `at(moment)` is 0..1 of the whole; `back(part)` the moment there; `gaps` are the folded stretches. */
export function timescale(picture, now, folds) {
  const start = ms(picture.run.queuedAt ?? picture.run.startedAt ?? picture.events[0]?.at ?? now);
  const end = Math.max(start + 1, ms(picture.run.finishedAt ?? now));
  const found = gapsOf(picture, start, end, now);
  const gaps = folds ? found : [];
  const kept = end - start - gaps.reduce((sum, [from, to]) => sum + to - from, 0);
  const width = gaps.length ? kept / (1 - FOLDED * gaps.length) : kept;
  const marks = [];
  let [time, part] = [start, 0];
  const reach = (moment, more) => {
    marks.push([time, part, moment, part + more]);
    [time, part] = [moment, part + more];
  };
  for (const [from, to] of gaps) {
    reach(from, (from - time) / width);
    reach(to, FOLDED);
  }
  reach(end, Math.max(0, 1 - part));
  const between = (x, [a0, b0, a1, b1]) => (a1 === a0 ? b1 : b0 + ((x - a0) / (a1 - a0)) * (b1 - b0));
  const at = (moment) => {
    const x = Math.min(end, Math.max(start, ms(moment)));
    return between(x, marks.find((mark) => x <= mark[2]) ?? marks[marks.length - 1]);
  };
  const back = (x) => {
    const mark = marks.find(([, , , until]) => x <= until) ?? marks[marks.length - 1];
    return between(x, [mark[1], mark[0], mark[3], mark[2]]);
  };
  return { start, end, at, back, gaps, foldable: found.length };
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND), ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE), ...[1, 2, 4, 8].map((n) => n * HOUR), DAY];
const MOST = 5;

/** Round moments of what is in view, each with a word of its own; where stretches are folded, its quarters. */
export function ticksOf(scale, view) {
  const [from, to] = [scale.back(view.from), scale.back(view.to)];
  if (scale.gaps.length) return quarters(scale, view);
  const step = STEPS.find((one) => (to - from) / one <= MOST) ?? Math.ceil((to - from) / MOST / DAY) * DAY;
  const found = [];
  for (let past = Math.ceil((from - scale.start) / step) * step; scale.start + past <= to; past += step) found.push({ at: scale.start + past, word: tickWord(past, step) });
  return found;
}

function quarters(scale, view) {
  const moments = [0, 0.25, 0.5, 0.75].map((part) => scale.back(view.from + part * (view.to - view.from)));
  return moments.map((at) => ({ at, word: at === scale.start ? "0" : duration(at - scale.start) }));
}

/** As exact as its step, so that no two are called the same. */
export function tickWord(past, step) {
  if (past === 0) return "0";
  if (past < SECOND && step < 100) return `${past} ms`;
  const parts = [[Math.floor(past / DAY), "d"], [Math.floor((past % DAY) / HOUR), "h"], [Math.floor((past % HOUR) / MINUTE), "min"]];
  const seconds = ((past % MINUTE) / SECOND).toFixed(step >= SECOND ? 0 : step >= 100 ? 1 : step >= 10 ? 2 : 3);
  return [...parts, [Number(seconds) && seconds, "s"]].filter(([value]) => value).map(([value, unit]) => `${value} ${unit}`).join(" ");
}
