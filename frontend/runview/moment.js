// A run as it stood after one of its events: the same fold and the same Live, fed with the history up to there.
import { useEffect, useMemo, useRef } from "react";
import { Live } from "../components/live.js";
import { EMPTY, fold } from "./fold.js";

/** How many events there are up to this number; they are sorted, and count without a hole. */
export function upTo(events, seq) {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle].seq <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Picture and Live of the run after the event `at`; without one, those that go along with the run. */
export function useMoment(runId, picture, live, at) {
  const then = useRef(null);
  then.current ??= new Live();
  const fed = useRef({ id: null, seq: 0 });
  const shown = useMemo(() => (at ? fold(EMPTY, picture.events.slice(0, upTo(picture.events, at))) : picture), [picture.events, at, at ? null : picture]);
  useEffect(() => {
    if (!at) return;
    const ahead = fed.current.id === runId && fed.current.seq <= at;
    if (!ahead) then.current.reset(runId);
    const from = ahead ? upTo(picture.events, fed.current.seq) : 0;
    then.current.applyAll(picture.events.slice(from, upTo(picture.events, at)));
    fed.current = { id: runId, seq: at };
  }, [runId, picture.events, at]);
  return { shown, live: at ? then.current : live };
}
