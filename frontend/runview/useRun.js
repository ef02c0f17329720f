// Everything one run view needs: the run, the frozen diagram it plays, its step records, and its events as they come.
import { useEffect, useRef, useState } from "react";
import { api, entries } from "../components/api.js";
import { followRun } from "../components/events.js";
import { drawable } from "../components/flow.js";
import { loadKinds } from "../components/kinds.js";
import { Live } from "../components/live.js";
import { EMPTY, ENDED, fold, stepKey } from "./fold.js";

const RECORD_PAUSE = 250;

export function useRun(runId) {
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
    const refresh = paused(() => guard(readRecords(runId, gone ? () => {} : setRecords, (run) => setShown((s) => ({ ...s, run })))));
    const batch = framed((events) => {
      for (const event of events) live.current.apply(event);
      setPicture((before) => fold(before, events));
      if (events.some(changesRecords)) refresh();
    });
    refresh();
    const stop = followRun(runId, { onEvent: batch.add, onLink: setLink });
    return () => {
      gone = true;
      stop();
      batch.stop();
      refresh.stop();
    };
  }, [runId]);

  return { ...shown, records, picture, trouble, link, live: live.current };
}

async function read(runId) {
  const [run, kinds] = await Promise.all([api.get(`/runs/${runId}`), loadKinds()]);
  const version = await api.get(`/workflows/${run.workflow_id}/versions/${run.version_id}`);
  return { run, kinds, diagram: drawable(version.diagram) };
}

async function readRecords(runId, setRecords, setRun) {
  const [run, steps] = await Promise.all([api.get(`/runs/${runId}`), api.get(`/runs/${runId}/steps`)]);
  setRun(run);
  setRecords(new Map(entries(steps).map((step) => [stepKey(step), step])));
}

function changesRecords(event) {
  return ENDED.has(event.kind.split(".")[1]) || event.kind.startsWith("run.");
}

// Collects what arrives within one frame, so that ten thousand events draw a few times instead of ten thousand.
function framed(take) {
  let waiting = [];
  let frame = 0;
  const flush = () => {
    frame = 0;
    const events = waiting;
    waiting = [];
    take(events);
  };
  const add = (event) => {
    waiting.push(event);
    frame ||= requestAnimationFrame(flush);
  };
  return { add, stop: () => cancelAnimationFrame(frame) };
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
