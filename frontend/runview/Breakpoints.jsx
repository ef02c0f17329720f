// Where the run shall stop: before or after a node, set on the canvas of a run under way.
import { createContext, useCallback, useContext, useEffect, useRef, useState } from "react";
import { api } from "../components/api.js";

export const BreakContext = createContext(null);
const NONE = { before: [], after: [] };

/** The run's breakpoints as the server holds them, and the way to change one; changes reach it in the order of the clicks. */
export function useBreakpoints(run, may) {
  const [held, setHeld] = useState(NONE);
  const [wrong, setWrong] = useState("");
  const [wanted, sent, waiting] = [useRef(NONE), useRef(Promise.resolve()), useRef(0)];
  const show = (marks) => {
    wanted.current = marks;
    setHeld(marks);
  };
  useEffect(() => {
    if (!waiting.current) show(run?.breakpoints ?? NONE); // else the answer to the last click tells them
  }, [run?.id, JSON.stringify(run?.breakpoints)]);
  const toggle = useCallback(
    (nodeId, when) => {
      const { before = [], after = [] } = wanted.current;
      const known = wanted.current[when] ?? [];
      const next = { before, after, [when]: known.includes(nodeId) ? known.filter((id) => id !== nodeId) : [...known, nodeId] };
      const told = (marks, words) => {
        waiting.current -= 1;
        if (!waiting.current) show(marks);
        setWrong(words);
      };
      waiting.current += 1;
      show(next);
      sent.current = sent.current
        .then(() => api.put(`/runs/${run.id}/breakpoints`, next))
        .then((found) => told(found.breakpoints ?? NONE, ""), (problem) => told({ before, after }, problem.message));
    },
    [run?.id],
  );
  const open = may && run && !run.finished_at && run.trigger !== "imported";
  return { ...held, toggle: open ? toggle : null, wrong };
}

/** The two marks at a node's edges. */
export function BreakMarks({ id, name }) {
  const breaks = useContext(BreakContext);
  if (!breaks) return null;
  const shown = (when) => breaks[when]?.includes(id);
  if (!breaks.toggle && !shown("before") && !shown("after")) return null;
  return ["before", "after"].map((when) => (
    <button
      key={when}
      type="button"
      className="qv-break nodrag nopan"
      data-when={when}
      data-testid={`break-${when}-${id}`}
      aria-pressed={Boolean(shown(when))}
      disabled={!breaks.toggle}
      title={shown(when) ? `Stops ${when} ${name}. Click to take it away.` : `Stop ${when} ${name}`}
      aria-label={`Breakpoint ${when} ${name}`}
      onClick={(event) => {
        event.stopPropagation();
        breaks.toggle(id, when);
      }}
    />
  ));
}
