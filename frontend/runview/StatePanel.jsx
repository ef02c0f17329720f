// The whole state after each step: what every node had given by then, and what the step changed.
import { useMemo, useState } from "react";
import { JsonView } from "./JsonView.jsx";
import { VirtualRows } from "./VirtualRows.jsx";
import { between, shortPath } from "./time.js";

const ROW = () => 32;
const keyOf = (step) => step.key;
const HAS_OUTPUT = new Set(["succeeded", "failed"]);

/** The steps that ended, in the order in which they did. */
function endedOf(picture) {
  const found = [...picture.steps.values()].filter((step) => step.finishedAt && HAS_OUTPUT.has(step.status));
  return found.sort((a, b) => (a.endSeq ?? 0) - (b.endSeq ?? 0));
}

/** What is known after the step at `index`: by node and place its last output; `how` says what the step did to it. */
function stateAfter(ended, index, records) {
  const state = new Map();
  ended.slice(0, index + 1).forEach((step, i) => {
    const name = step.path ? `${step.nodeId} ${shortPath(step.path)}` : step.nodeId;
    const before = state.get(name);
    const value = records.get(step.key)?.output;
    const how = i < index ? "same" : before === undefined ? "new" : JSON.stringify(before.value) === JSON.stringify(value) ? "same" : "changed";
    state.set(name, { nodeId: step.nodeId, path: step.path, value, before: how === "changed" ? before.value : undefined, how, error: step.status === "failed" ? step.error : null });
  });
  return state;
}

export function StatePanel({ picture, records, names, selected, redacted, input, onSelect }) {
  const [only, setOnly] = useState(false);
  const [raw, setRaw] = useState(false);
  const ended = useMemo(() => endedOf(picture), [picture]);
  const at = selected ? ended.findIndex((step) => step.key === selected.key) : ended.length - 1;
  const index = at < 0 ? ended.length - 1 : at;
  const state = useMemo(() => stateAfter(ended, index, records), [ended, index, records]);
  if (redacted) return <p className="qv-none">Values are hidden for your role.</p>;
  if (!ended.length) return <p className="qv-none">No step has ended yet. The state begins with the run's input.</p>;
  const shown = [...state].filter(([, one]) => !only || one.how !== "same").reverse();
  return (
    <section className="qv-state" aria-label="State">
      <VirtualRows
        rows={ended}
        heightOf={ROW}
        keyOf={keyOf}
        label="Steps that ended"
        className="qv-state-steps"
        goTo={index}
        draw={(step) => (
          <button type="button" className="qv-state-step" data-chosen={step.key === ended[index].key || undefined} onClick={() => onSelect(step)}>
            <span className="qv-num">{step.endSeq}</span>
            <span className="qv-clip">{names.get(step.nodeId) ?? step.nodeId} {step.path && <small>{shortPath(step.path)}</small>}</span>
            <span className="qv-num">{between(step.startedAt, step.finishedAt)}</span>
          </button>
        )}
      />
      <div className="qv-state-values">
        <div className="qv-bar" role="toolbar" aria-label="State">
          <span data-testid="state-after">After <b>{names.get(ended[index].nodeId) ?? ended[index].nodeId}</b>, step {index + 1} of {ended.length}</span>
          <span className="qv-grow" />
          <button type="button" className="qv-chip" aria-pressed={only} onClick={() => setOnly(!only)}>Only what changed</button>
          <button type="button" className="qv-chip" aria-pressed={raw} onClick={() => setRaw(!raw)}>JSON</button>
        </div>
        {raw ? (
          <pre className="qv-raw-state">{JSON.stringify({ input, nodes: Object.fromEntries([...state].map(([name, one]) => [name, one.value ?? null])) }, null, 2)}</pre>
        ) : (
          <ul>
            {shown.map(([name, one]) => <Held key={name} name={name} word={names.get(one.nodeId) ?? one.nodeId} one={one} />)}
            {!only && <Held name="input" word="Input of the run" one={{ value: input, how: "same" }} />}
          </ul>
        )}
      </div>
    </section>
  );
}

const HOW = { new: "new", changed: "changed" };

function Held({ name, word, one }) {
  const [open, setOpen] = useState(one.how !== "same");
  return (
    <li data-how={one.how} data-testid={`held-${name}`}>
      <button type="button" className="qv-fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        {word} {one.path && <small>{shortPath(one.path)}</small>}
        {HOW[one.how] && <em>{HOW[one.how]}</em>}
      </button>
      {open && one.before !== undefined && (
        <div className="qv-before"><small>Before</small><JsonView value={one.before} label={`${word}, before`} /></div>
      )}
      {open && (one.error ? <p className="qv-wrong">{one.error.message}</p> : <JsonView value={one.value} label={word} />)}
    </li>
  );
}
