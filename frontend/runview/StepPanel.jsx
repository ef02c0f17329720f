// One step: its state, attempts, what it got and what it gave; or the run's own input and output.
import { useState } from "react";
import { Link } from "react-router";
import { useLiveNode, useSaid } from "../components/live_hooks.js";
import { StateChip } from "../components/StateMark.jsx";
import { AnotherLikeThis } from "./AnotherLikeThis.jsx";
import { ChooseOther } from "./Comparing.jsx";
import { Acts, ForkDialog, verbsOfRun, verbsOfStep } from "./ForkDialog.jsx";
import { JsonView } from "./JsonView.jsx";
import { LastGood } from "./LastGood.jsx";
import { RepairDialog } from "./RepairDialog.jsx";
import { Resolved } from "./Resolved.jsx";
import { Rollback } from "./Rollback.jsx";
import { SendEvent } from "./SendEvent.jsx";
import { Talk } from "./Talk.jsx";
import { shownState } from "./fold.js";
import { between, clockTime, spokenPath } from "./time.js";

const GIVEN = { disabled: "the node is disabled", pinned: "its pinned output was given", repaired: "its output was given by hand", cached: "a kept result was given", mocked: "its mock was given" };
const UNDONE = { undone: "Undone by", left: "Left as it is by", stuck: "Not undone by" };
const LINEAGE = { fork: "Forked off", retry: "Retries", replay: "Replays" };

export function StepPanel(props) {
  const { step, record, names, run, node, kind, steps, records, diagram, paused, mayStart, maySteer } = props;
  const [verb, setVerb] = useState(null);
  const repairs = maySteer && mayStart && paused && run && !run.redacted ? repairsOf(step) : [];
  const acts = mayStart ? [...repairs, ...(step ? verbsOfStep(step, run) : [...verbsOfRun(run), ...another(run)])] : [];
  return (
    <>
      <Shown {...props} acts={<Acts verbs={acts} onAct={setVerb} />} />
      {verb === "another" && <AnotherLikeThis run={run} close={() => setVerb(null)} />}
      {verb === "repair" && <RepairDialog run={run} steps={steps} records={records} diagram={diagram} names={names} first={firstOf(step)} close={() => setVerb(null)} />}
      {verb && verb !== "another" && verb !== "repair" && <ForkDialog run={run} verb={verb} step={step} record={record} node={node} kind={kind} names={names} close={() => setVerb(null)} />}
    </>
  );
}

/** While a run is paused its state can be changed where it stands. */
const repairsOf = (step) => [["repair", step ? "Edit its state" : "Repair …"]];

const firstOf = (step) => step && { how: step.finishedAt ? "edits" : "give", key: step.key, place: { node_id: step.nodeId, path: step.path, visit: step.visit } };

/** An imported run has no workflow here that could be started. */
const another = (run) => (run && !run.redacted && run.trigger !== "imported" ? [["another", "Start another like this"]] : []);

function Shown({ step, events, record, records, node, kind, steps, names, run, failed, sagas, waiting, maySteer, acts, onSelect, onClose, onCompare }) {
  const send = (one) => maySteer && run && (one.events ?? []).map((event) => <SendEvent key={`${one.key} ${event.name} ${event.key}`} runId={run.id} event={event} />);
  if (!step) return <RunPanel run={run} sagas={sagas} failed={failed} names={names} events={waiting.map(send)} acts={acts} onSelect={onSelect} onCompare={onCompare} />;
  const name = names.get(step.nodeId) ?? step.nodeId;
  return (
    <aside className="qv-panel" aria-label={`Step ${name}`} data-testid="step-panel">
      <header>
        <h2>{name}</h2>
        <button type="button" className="qv-link" onClick={onClose}>
          Show the run
        </button>
      </header>
      <dl className="qv-facts">
        <Fact name="State" value={<StateChip state={shownState(step)} />} />
        {step.undoes && <Fact name="Undoes" value={names.get(step.undoes) ?? step.undoes} />}
        {step.undone && <Fact name={UNDONE[step.undone]} value={names.get(step.undoneBy) ?? step.undoneBy} />}
        <Fact name="Started" value={clockTime(step.startedAt)} title={step.startedAt} />
        <Fact name="Took" value={between(step.startedAt, step.finishedAt)} />
        {step.port && step.port !== "out" && <Fact name="Left by" value={step.port} />}
        {step.visit > 1 && <Fact name="Visit" value={String(step.visit)} />}
        {step.path && <Fact name="Inside" value={spokenPath(step.path, names)} title={step.path} />}
        {step.given && <Fact name="Not played" value={GIVEN[step.given] ?? step.given} />}
        {step.kept && <Fact name="Taken over from" value={<Link className="qv-link" to={`/runs/${step.kept}`}>the first run</Link>} />}
        {step.attempts.length > 1 && <Fact name="Attempts" value={String(step.attempts.length)} />}
      </dl>
      {step.status === "waiting_person" && <Decide nodeId={step.nodeId} />}
      {step.status === "waiting_event" && send(step)}
      {step.childRun && <RunLink id={step.childRun} word="Open the run of this step" />}
      {step.error && <Trouble error={step.error} />}
      {acts}
      {run?.redacted ? (
        <Hidden />
      ) : (
        <>
          <Said step={step} />
          <Talk events={events} step={step} />
          <Section title="Output">
            <JsonView value={record?.output} label="Output" />
          </Section>
          <Section title="Input">
            <JsonView value={record?.input} label="Input" />
          </Section>
          <Resolved step={step} node={node} kind={kind} steps={steps} records={records} run={run} names={names} onSelect={onSelect} />
        </>
      )}
    </aside>
  );
}

function RunLink({ id, word }) {
  return (
    <Link className="qv-link" data-testid="run-link" to={`/runs/${id}`}>
      {word}
    </Link>
  );
}

/** The answer of a model as it grows; gone when the step has its output. */
function Said({ step }) {
  const text = useSaid(step.key);
  if (!text || step.finishedAt) return null;
  return (
    <Section title="Answer so far">
      <p className="qv-prose qv-said" aria-busy="true" data-testid="step-said">
        {text}
      </p>
    </Section>
  );
}

/** The way to the question that a step waits for. */
function Decide({ nodeId }) {
  const { approvalId } = useLiveNode(nodeId);
  if (!approvalId) return null;
  return (
    <Link className="qv-decide" to={`/approvals/${approvalId}`}>
      Decide
    </Link>
  );
}

/** Where a fork comes from, and where a replay first differs. */
function Lineage({ run, names }) {
  if (!run?.forked_from_run_id) return null;
  const at = run.forked_at && (names.get(run.forked_at.node_id) ?? run.forked_at.node_id);
  const differs = run.diverged;
  return (
    <>
      <p className="qv-lineage">
        {LINEAGE[run.trigger] ?? "Comes from"} <Link className="qv-link" to={`/runs/${run.forked_from_run_id}`}>another run</Link>
        {at && ` from ${at} on`}
        {run.edits?.length > 0 && `, with ${run.edits.length === 1 ? "one output" : `${run.edits.length} outputs`} edited`}.
      </p>
      {differs && (
        <div className="qv-trouble" role="status" data-testid="diverged">
          <strong>Differs first at {names.get(differs.node_id) ?? differs.node_id}.</strong>
          <p>{differs.message}</p>
        </div>
      )}
    </>
  );
}

function RunPanel({ run, sagas, failed, names, events, acts, onSelect, onCompare }) {
  return (
    <aside className="qv-panel" aria-label="The run" data-testid="run-panel">
      <header>
        <h2>The run</h2>
        {run && <ChooseOther run={run} onChoose={onCompare} />}
      </header>
      <Lineage run={run} names={names} />
      {run?.parent_run_id && <RunLink id={run.parent_run_id} word="Open the run that waits for this one" />}
      {events}
      {[...sagas.values()].map((saga) => <Rollback key={saga.key} saga={saga} names={names} />)}
      {run?.error && (
        <Trouble error={run.error}>
          {failed && (
            <button type="button" className="qv-link" onClick={() => onSelect(failed)}>
              Look at {names.get(failed.nodeId) ?? failed.nodeId}
            </button>
          )}
        </Trouble>
      )}
      <LastGood run={run} onCompare={onCompare} />
      {acts}
      {run?.redacted ? <Hidden /> : <Values run={run} />}
    </aside>
  );
}

function Values({ run }) {
  return (
    <>
      <Section title="Output">
        {run?.output === null || run?.output === undefined ? (
          <p className="qv-none">{run?.finished_at ? "This run gave no output." : "Not finished yet."}</p>
        ) : (
          <JsonView value={run.output} label="Output" />
        )}
      </Section>
      <Section title="Input">
        <JsonView value={run?.input} label="Input" />
      </Section>
    </>
  );
}

/** Instead of values, for those whose role watches runs without reading them. */
function Hidden() {
  return (
    <div className="qv-hidden" role="note" data-testid="values-hidden">
      <strong>Inputs and outputs are hidden for your role.</strong>
      <p>An owner or admin of the team can give you a role that reads them, such as operator.</p>
    </div>
  );
}

function Section({ title, children }) {
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Fact({ name, value, title }) {
  if (!value) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd title={title}>{value}</dd>
    </div>
  );
}

function Trouble({ error, children }) {
  return (
    <div className="qv-trouble" role="alert">
      <strong>{error.message ?? "This failed."}</strong>
      {error.fix && <p>{error.fix}</p>}
      {error.code && <code>{error.code}</code>}
      {error.details?.run_id && <RunLink id={error.details.run_id} word="Open that run" />}
      {children}
    </div>
  );
}
