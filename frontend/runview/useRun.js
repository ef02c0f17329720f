// Everything one run view needs: the run, the frozen diagram it plays, its events as they come, and its step records where wanted.
import { useEffect, useRef, useState } from "react";
import { api, entries } from "../components/api.js";
import { followRun } from "../components/events.js";
import { drawable } from "../components/flow.js";
import { loadKinds } from "../components/kinds.js";
import { Live } from "../components/live.js";
import { EMPTY, ENDED, fold, stepKey } from "./fold.js";

const RECORD_PAUSE = 250;
const MANY = 200;
const MANY_PAUSE = 250;

/** Step records hold every value of a run, so they are read only while something shows them (`wantsRecords`). */
export function useRun(runId, wantsRecords) {
  const wanted = useRef(wantsRecords);
  const again = useRef(null);
  const live = useRef(null);
  live.current ??= new Live();
  const [shown, setShown] = useState({ run: null, diagram: null, kinds: null });
  const [records, setRecords] = useState(new Map());
  const [picture, setPicture] = useState(EMPTY);
  const [trouble, setTrouble] = useState(null);
  const [link, setLink] = useState("connecting");

  useEffect(() => {
    let gone = false;
    const guard = (work) => work.catch((error) => !gone && setTrouble(error));
    live.current.reset(runId);
    setPicture(EMPTY);
    guard(read(runId).then((found) => !gone && setShown(found)));
    setRecords(new Map());
    const lookAgain = () =>
      guard(readAgain(runId, wanted.current).then(({ run, steps }) => {
        if (gone) return;
        setShown((before) => {
          if (before.run && before.run.version_id !== run.version_id) guard(read(runId).then((found) => !gone && setShown(found))); // repaired
          return { ...before, run };
        });
        if (steps) setRecords(new Map(entries(steps).map((step) => [stepKey(step), step])));
      }));
    const refresh = paused(lookAgain);
    again.current = lookAgain;
    const batch = framed((events) => {
      live.current.applyAll(events);
      setPicture((before) => fold(before, events));
      if (events.some(changesRecords)) refresh();
    });
    if (wanted.current) lookAgain();
    const stop = followRun(runId, {
      onEvent: batch.add,
      onLink: (state) => {
        batch.now(); // who reads that the run has ended sees all of it
        setLink(state);
      },
    });
    return () => {
      gone = true;
      stop();
      batch.stop();
      refresh.stop();
    };
  }, [runId]);

  useEffect(() => {
    if (wantsRecords && !wanted.current) {
      wanted.current = true;
      again.current();
    }
    wanted.current = wantsRecords;
  }, [wantsRecords]);

  return { ...shown, records, picture, trouble, link, live: live.current };
}

async function read(runId) {
  const [run, kinds] = await Promise.all([api.get(`/runs/${runId}`), loadKinds()]);
  const version = await api.get(`/workflows/${run.workflow_id}/versions/${run.version_id}`);
  return { run, kinds, diagram: drawable(version.diagram) };
}

async function readAgain(runId, withSteps) {
  const [run, steps] = await Promise.all([api.get(`/runs/${runId}`), withSteps ? api.get(`/runs/${runId}/steps`) : null]);
  return { run, steps };
}

function changesRecords(event) {
  return ENDED.has(event.kind.split(".")[1]) || event.kind.startsWith("run.");
}

// Collects what arrives within one frame, or while a long history comes in within a quarter of a second:
// ten thousand events draw a few times instead of ten thousand.
function framed(take) {
  let waiting = [];
  let [frame, timer] = [0, 0];
  let many = false;
  const flush = () => {
    [frame, timer] = [0, 0];
    const events = waiting;
    waiting = [];
    many = events.length > MANY;
    take(events);
  };
  const add = (event) => {
    waiting.push(event);
    if (frame || timer) return;
    if (many) timer = setTimeout(flush, MANY_PAUSE);
    else frame = requestAnimationFrame(flush);
  };
  const stop = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const now = () => {
    if (!frame && !timer) return;
    stop();
    flush();
  };
  return { add, now, stop };
}

function paused(work) {
  let timer = 0;
  const ask = () => {
    clearTimeout(timer);
    timer = setTimeout(work, RECORD_PAUSE);
  };
  ask.stop = () => clearTimeout(timer);
  return ask;
}
