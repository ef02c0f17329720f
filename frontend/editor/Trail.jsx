// The way back to the workflows from whose sub-workflow nodes one came here.

import { memo, useEffect, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { api } from "../components/api.js";
import { Icon } from "../components/icons.jsx";
import { steps, trailTo } from "./trail.js";

export const Trail = memo(function Trail() {
  const [search] = useSearchParams();
  const from = search.get("from") ?? "";
  const [names, setNames] = useState({});
  useEffect(() => {
    let gone = false;
    for (const { workflow } of steps(from)) api.get(`/workflows/${encodeURIComponent(workflow)}`).then((found) => !gone && setNames((old) => ({ ...old, [workflow]: found.name })), () => {});
    return () => {
      gone = true;
    };
  }, [from]);
  if (!from) return null;
  return (
    <nav className="qe-trail" aria-label="Where you came from" data-testid="trail">
      {steps(from).map((step, i, all) => (
        <span key={i}>
          <Link className="qe-link qc-clip" to={trailTo(step, all.slice(0, i))} title={names[step.workflow]}>{names[step.workflow] ?? "…"}</Link>
          <Icon name="chevron-right" size={13} />
        </span>
      ))}
    </nav>
  );
});
