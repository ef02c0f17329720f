// The family of a run as a tree: what it was forked from and what was forked from it; each opens, or is laid beside this one.
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { api } from "../components/api.js";
import { StateMark } from "../components/StateMark.jsx";
import { clockTime } from "./time.js";

const VERBS = { fork: "forked", retry: "retried", replay: "replayed" };

/** The runs of the family; empty where the run is alone. */
export function useForks(runId, over) {
  const [found, setFound] = useState({ id: null, items: [], more: false });
  useEffect(() => {
    let gone = false;
    api
      .get(`/runs/${runId}/forks`)
      .then((tree) => !gone && setFound({ id: runId, ...tree }))
      .catch(() => {}); // the tab is not there then; what is wrong with the run, the view says
    return () => {
      gone = true;
    };
  }, [runId, over]);
  return found.id === runId && found.items.length > 1 ? found : null;
}

export function ForkTree({ runId, forks, names, onCompare }) {
  const navigate = useNavigate();
  const depths = depthsOf(forks.items);
  return (
    <section className="qv-events" aria-label="Forks">
      <div className="qv-scroll" role="tree" aria-label="Forks" tabIndex={0}>
        {forks.items.map((one) => (
          <div key={one.id} role="treeitem" aria-level={depths.get(one.id) + 1} aria-selected={one.id === runId} aria-current={one.id === runId || undefined} className="qv-fork-line" style={{ "--qv-depth": depths.get(one.id) }}>
            <StateMark state={one.status} />
            <button type="button" className="qv-link" onClick={() => navigate(`/runs/${one.id}`)} disabled={one.id === runId}>{wordsOf(one, names)}</button>
            <small className="qv-muted">{one.version_number ? `version ${one.version_number}` : "draft"} · <span title={one.created_at}>{clockTime(one.created_at)}</span></small>
            <span className="qv-grow" />
            {one.id === runId ? <small className="qv-muted">this run</small> : <button type="button" className="qv-chip" onClick={() => onCompare(one.id)}>Compare</button>}
          </div>
        ))}
        {forks.more && <p className="qv-none">There are more; the list of runs has them all.</p>}
      </div>
    </section>
  );
}

function wordsOf(one, names) {
  if (!one.forked_from_run_id) return "The first run";
  const verb = VERBS[one.trigger] ?? one.trigger;
  const at = one.forked_at ? ` from ${names.get(one.forked_at.node_id) ?? one.forked_at.node_id}` : "";
  const edited = one.edited.length ? `, with another output of ${one.edited.map((id) => names.get(id) ?? id).join(", ")}` : "";
  return `${verb}${at}${edited}`;
}

function depthsOf(items) {
  const found = new Map();
  for (const one of items) found.set(one.id, found.has(one.forked_from_run_id) ? found.get(one.forked_from_run_id) + 1 : 0);
  return found;
}
