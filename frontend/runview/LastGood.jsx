// On a run that failed: the last one of its workflow that went well, to be opened or compared.
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { api } from "../components/api.js";

export function LastGood({ run, onCompare }) {
  const [good, setGood] = useState(null);
  const failed = run?.status === "failed";
  useEffect(() => {
    setGood(null);
    if (!failed) return undefined;
    let gone = false;
    api.get(`/runs/${run.id}/last-good`).then((found) => !gone && setGood(found), () => {});
    return () => {
      gone = true;
    };
  }, [run?.id, failed]);
  if (!good) return null;
  return (
    <p className="qv-good" data-testid="last-good">
      <span>The last run that went well{good.version_number ? ` (version ${good.version_number})` : ""}: <Link className="qv-link" to={`/runs/${good.id}`}>{new Date(good.created_at).toLocaleString()}</Link></span>
      <button type="button" className="qv-act" data-testid="compare-good" onClick={() => onCompare(good.id)}>Compare</button>
    </p>
  );
}
