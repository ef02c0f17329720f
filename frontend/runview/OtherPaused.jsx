// The other paused runs of the same workflow: the same repair may be done to them at once.
import { useEffect, useState } from "react";
import { api, entries } from "../components/api.js";

const MOST = 199;

/** `chosen` is a list of ids. */
export function OtherPaused({ run, chosen, choose }) {
  const [others, setOthers] = useState([]);
  useEffect(() => {
    let gone = false;
    api.get(`/runs?workflow=${encodeURIComponent(run.workflow_id)}&status=paused&limit=${MOST}`).then(
      (page) => !gone && setOthers(entries(page).filter((one) => one.id !== run.id && one.version_id === run.version_id)),
      () => {},
    );
    return () => {
      gone = true;
    };
  }, [run.id, run.workflow_id, run.version_id]);
  if (!others.length) return null;
  const all = chosen.length === others.length;
  const toggle = (id) => choose(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <details className="qv-fork-steps" data-testid="repair-others">
      <summary>The same for {chosen.length ? `${chosen.length} of ` : ""}{others.length} other paused {others.length === 1 ? "run" : "runs"} of this version</summary>
      <label className="qv-choice"><input type="checkbox" checked={all} onChange={() => choose(all ? [] : others.map((one) => one.id))} /> All of them</label>
      <ul>
        {others.map((one) => (
          <li key={one.id}>
            <label className="qv-choice"><input type="checkbox" checked={chosen.includes(one.id)} onChange={() => toggle(one.id)} /> <code>{one.id.slice(-8)}</code> <small>begun {new Date(one.created_at).toLocaleString()}</small></label>
          </li>
        ))}
      </ul>
    </details>
  );
}
