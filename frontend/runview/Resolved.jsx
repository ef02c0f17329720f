// What the settings of a step came to: each expression beside its value, and the steps from which the value came.
import { useEffect, useMemo, useState } from "react";
import { api } from "../components/api.js";
import { JsonView } from "./JsonView.jsx";

const HOLE = /\{\{/;
const MOST_FIELDS = 20;
const READ = /\bnodes(?:\.([a-z][a-z0-9_]*)|\[\s*["']([a-z][a-z0-9_]*)["']\s*\])/g;

/** The ids of the nodes whose outputs a text reads. */
const readIn = (text) => [...new Set([...text.matchAll(READ)].map(([, dotted, quoted]) => dotted ?? quoted))];

/** The settings that are written as expressions or with holes. */
function written(node, kind) {
  return Object.entries(kind?.schema?.properties ?? {})
    .map(([field, part]) => ({ field, title: part.title ?? field, sort: part.widget, text: node?.config?.[field] }))
    .filter(({ sort, text }) => typeof text === "string" && text.trim() && (sort === "expression" || (sort === "template" && HOLE.test(text))))
    .slice(0, MOST_FIELDS);
}

/** What the step could read: the last step of every node that had ended when it began. */
function readable(step, steps) {
  const by = {};
  for (const other of steps) {
    const near = !other.path || step.path === other.path || step.path.startsWith(`${other.path}/`);
    if (!near || other.key === step.key || !other.finishedAt || Date.parse(other.finishedAt) > Date.parse(step.startedAt)) continue;
    by[other.nodeId] = other;
  }
  return { by };
}

export function Resolved({ step, node, kind, steps, records, run, names, onSelect }) {
  const fields = useMemo(() => written(node, kind), [node, kind]);
  const known = useMemo(() => (step && step.startedAt ? readable(step, steps) : null), [step, steps]);
  const values = useValues(fields, run?.id, step, `${step.key} ${step.finishedAt} ${records.size}`);
  const received = Object.keys(records.get(step.key)?.input ?? {});
  if (!fields.length && !received.length) return null;
  return (
    <section data-testid="resolved">
      <h3>Where its values came from</h3>
      {fields.map((one) => (
        <div key={one.field} className="qv-resolved">
          <span className="qv-resolved-title">{one.title}</span>
          <code className="qv-expression">{one.text}</code>
          <Came ids={readIn(one.text)} by={known?.by ?? {}} names={names} onSelect={onSelect} />
          {values.has(one.field) && <Gave found={values.get(one.field)} title={one.title} />}
        </div>
      ))}
      {received.length > 0 && <div className="qv-resolved"><span className="qv-resolved-title">Came in from</span><Came ids={received} by={known?.by ?? {}} names={names} onSelect={onSelect} /></div>}
    </section>
  );
}

function Gave({ found, title }) {
  return found.flaws?.length ? <p className="qv-none">{found.flaws[0].message}</p> : <JsonView value={found.value} label={title} />;
}

function Came({ ids, by, names, onSelect }) {
  if (!ids.length) return null;
  return (
    <span className="qv-came">
      {ids.map((id) => by[id]
        ? <button key={id} type="button" className="qv-chip" data-testid={`came-from-${id}`} onClick={() => onSelect(by[id])}>← {names.get(id) ?? id}</button>
        : <span key={id} className="qv-muted">{names.get(id) ?? id}</span>)}
    </span>
  );
}

/** Asks the server what they gave: it evaluates the texts of the version that ran with the values of then. */
function useValues(fields, runId, step, when) {
  const [values, setValues] = useState(new Map());
  useEffect(() => {
    setValues(new Map());
    if (!fields.length || !runId || !step.startedAt) return undefined;
    let gone = false;
    const place = new URLSearchParams({ path: step.path, visit: step.visit });
    api.get(`/runs/${runId}/steps/${step.nodeId}/resolved?${place}`).then(
      ({ items }) => !gone && setValues(new Map(items.map((one) => [one.field, one]))),
      () => {}, // the expressions and where they lead are shown without what they gave
    );
    return () => {
      gone = true;
    };
  }, [fields, runId, when]);
  return values;
}
