// Two runs on one canvas: which steps differ, by how much, and where they first do.
import { useEffect, useMemo, useState } from "react";
import { api, entries } from "../components/api.js";
import { duration } from "../components/durations.js";
import { StateMark } from "../components/StateMark.jsx";
import { JsonView } from "./JsonView.jsx";
import { clockTime, shortPath } from "./time.js";
import { stepKey } from "./fold.js";

const HOW = { same: "the same", changed: "differs", only_here: "only here", only_there: "only in the other" };
const WEIGHT = { same: 0, only_there: 1, only_here: 2, changed: 3 };

/** What the server found; asked again when one of the runs has got further. */
export function useComparison(runId, otherId, status) {
  const [found, setFound] = useState(null);
  useEffect(() => {
    setFound(null);
    if (!otherId) return undefined;
    let gone = false;
    api.get(`/runs/${runId}/compare/${encodeURIComponent(otherId)}`).then(
      (told) => !gone && setFound({ ...told, steps: told.steps.map((step) => ({ ...step, key: stepKey(step) })) }),
      (trouble) => !gone && setFound({ trouble, steps: [] }),
    );
    return () => {
      gone = true;
    };
  }, [runId, otherId, status]);
  return found;
}

/** By node, the strongest difference among its steps. */
export function differencesOf(found) {
  const by = new Map();
  for (const { node_id: id, how } of found?.steps ?? []) if (!by.has(id) || WEIGHT[how] > WEIGHT[by.get(id)]) by.set(id, how);
  return by;
}

const signed = (ms) => (ms === null || ms === undefined ? "" : Math.abs(ms) < 1 ? "±0" : `${ms > 0 ? "+" : "−"}${duration(Math.abs(ms))}`);

export function Comparing({ found, names, selected, onKey, onLeave }) {
  const [all, setAll] = useState(false);
  const rows = useMemo(() => (found?.steps ?? []).filter((step) => all || step.how !== "same"), [found, all]);
  if (!found) return <p className="qv-none" aria-busy="true">Comparing …</p>;
  if (found.trouble) return <p className="qv-none">{found.trouble.message} <button type="button" className="qv-link" onClick={onLeave}>Leave the comparison</button></p>;
  const first = found.first && found.steps.find((step) => step.key === stepKey(found.first));
  const open = rows.find((step) => step.key === selected?.key);
  return (
    <section className="qv-events" aria-label="Comparison" data-testid="comparison">
      <div className="qv-bar" role="toolbar" aria-label="Comparison">
        <span>
          With <a className="qv-link" href={`/runs/${found.other.id}`}>{found.other.status} run of {clockTime(found.other.created_at)}</a>: {found.differing} of {found.steps.length} steps differ
        </span>
        {first && <button type="button" className="qv-chip" data-testid="first-divergence" onClick={() => onKey(first.key)}>Differs first at {names.get(first.node_id) ?? first.node_id}</button>}
        <span className="qv-grow" />
        <button type="button" className="qv-chip" aria-pressed={all} onClick={() => setAll(!all)}>Also what is the same</button>
        <button type="button" className="qv-chip" onClick={onLeave}>Leave</button>
      </div>
      <div className="qv-scroll" tabIndex={0} role="region" aria-label="Steps that differ">
        {!rows.length && <p className="qv-none">Every step got and gave the same.</p>}
        {rows.map((step) => (
          <div key={step.key}>
            <button type="button" className="qv-compare" data-how={step.how} data-chosen={step.key === selected?.key || undefined} onClick={() => onKey(step.key)}>
              <i aria-hidden="true" />
              <span className="qv-clip">{names.get(step.node_id) ?? step.node_id} {step.path && <small>{shortPath(step.path)}</small>}{step.visit > 1 && <small> visit {step.visit}</small>}</span>
              <span className="qv-muted">{HOW[step.how]}{step.differs.length > 0 && `: ${step.differs.join(", ")}`}</span>
              <span className="qv-states"><StateMark state={step.there?.status} /> → <StateMark state={step.here?.status} /></span>
              <span className="qv-num">{signed(step.ms_more)}</span>
              <span className="qv-num">{step.tokens_more ? `${step.tokens_more > 0 ? "+" : "−"}${Math.abs(step.tokens_more)} tokens` : ""}</span>
            </button>
            {open === step && (
              <div className="qv-sides">
                <div><small>There</small><JsonView value={step.there?.output} label="Output there" /></div>
                <div><small>Here</small><JsonView value={step.here?.output} label="Output here" /></div>
              </div>
            )}
          </div>
        ))}
      </div>
    </section>
  );
}

/** Choose a run of the same workflow to stand beside this one. */
export function ChooseOther({ run, onChoose }) {
  const [runs, setRuns] = useState(null);
  const look = () => {
    if (runs) return;
    api.get(`/runs?workflow=${run.workflow_id}&limit=30`).then((page) => setRuns(entries(page).filter((one) => one.id !== run.id)), () => setRuns([]));
  };
  return (
    <select className="qv-select" aria-label="Compare with" data-testid="compare-with" value="" onFocus={look} onMouseDown={look} onChange={(change) => onChoose(change.target.value)}>
      <option value="">Compare with …</option>
      {run.forked_from_run_id && <option value={run.forked_from_run_id}>The run it comes from</option>}
      {(runs ?? []).map((one) => <option key={one.id} value={one.id}>{`${one.status}, ${new Date(one.created_at).toLocaleString()}`}</option>)}
    </select>
  );
}
