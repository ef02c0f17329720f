// Plays a run, or a part of it, again: what stands, what runs again, and what that does to the world, before anything is done.
import { useEffect, useState } from "react";
import { Button, Dialog } from "@radix-ui/themes";
import { useNavigate } from "react-router";
import { api } from "../components/api.js";
import { readExact } from "../components/exact.js";
import { differing, OtherSettings, settingsOf } from "./OtherSettings.jsx";

const WORDS = {
  retry: { title: "Retry from the failed step", go: "Retry" },
  fork: { title: "Run again from this step", go: "Run again" },
  edit: { title: "Edit the output and fork", go: "Fork" },
  replay: { title: "Replay without effects", go: "Replay" },
};
const VERSIONS = [
  ["", "The version of this run"],
  ["published", "The published version"],
  ["draft", "The draft as it is now"],
];
const MODES = [
  ["live", "Live"],
  ["recorded", "Recorded"],
  ["mocked", "Mocked"],
];

export function ForkDialog({ run, verb, step, record, node, kind, names, close }) {
  const [text, setText] = useState(() => JSON.stringify(record?.output ?? null, null, 2));
  const [version, setVersion] = useState("");
  const [modes, setModes] = useState({});
  const [changed, setChanged] = useState({});
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(null);
  const navigate = useNavigate();
  const edited = verb === "edit" ? parsed(text) : { value: null };
  const fields = verb === "fork" && !run.redacted ? settingsOf(node, kind) : [];
  const body = wishOf(verb, step, edited.value, version, modes, fields.length ? differing(node, fields, changed) : null);
  const { plan, wrong, waits } = usePlan(run.id, verb, body);
  const words = WORDS[verb];

  const go = async (submitted) => {
    submitted.preventDefault();
    setBusy(true);
    try {
      const made = await api.post(`/runs/${run.id}/${routeOf(verb)}`, body);
      close();
      navigate(`/runs/${made.id}`);
    } catch (problem) {
      setRefused(problem);
      setBusy(false);
    }
  };

  const problem = refused ?? wrong;
  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Content maxWidth="560px" data-testid="fork-dialog">
        <form className="qv-fork" onSubmit={go}>
          <Dialog.Title size="4" mb="1">{words.title}</Dialog.Title>
          <Dialog.Description size="2" color="gray">{explained(verb, step, names)}</Dialog.Description>
          {verb === "edit" && <Output text={text} wrong={edited.wrong} onChange={setText} />}
          <OtherSettings fields={fields} changed={changed} onChange={(field, value) => setChanged((all) => ({ ...all, [field]: value }))} />
          <label className="qv-fork-row">
            <span>Version</span>
            <select value={version} onChange={(change) => setVersion(change.target.value)}>
              {VERSIONS.map(([value, word]) => <option key={value} value={value}>{word}</option>)}
            </select>
          </label>
          {plan && <Plan plan={plan} names={names} modes={modes} onMode={(id, mode) => setModes((all) => ({ ...all, [id]: mode }))} />}
          {problem && (
            <div className="qv-trouble" role="alert">
              <strong>{problem.message}</strong>
              {(problem.problems ?? []).slice(0, 5).map((one) => one.fix && <p key={one.place + one.code}>{one.fix}</p>)}
              {problem.fix && <p>{problem.fix}</p>}
            </div>
          )}
          <div className="qv-fork-foot">
            <Button type="button" variant="soft" color="gray" onClick={close}>Cancel</Button>
            <Button type="submit" data-testid="fork-go" loading={busy} disabled={Boolean(edited.wrong) || !plan || waits}>{words.go}</Button>
          </div>
        </form>
      </Dialog.Content>
    </Dialog.Root>
  );
}

function Output({ text, wrong, onChange }) {
  return (
    <label className="qv-fork-output">
      <span>Output, as JSON</span>
      <textarea rows={8} value={text} spellCheck={false} aria-invalid={Boolean(wrong)} onChange={(change) => onChange(change.target.value)} />
      {wrong && <small role="alert">This is not JSON: {wrong}</small>}
    </label>
  );
}

function Plan({ plan, names, modes, onMode }) {
  const live = plan.side_effects.some((one) => one.mode === "live" && one.again > 0 && one.effects.some((e) => e !== "read" && e !== "code"));
  return (
    <>
      <p className="qv-fork-says" data-warns={live || undefined} data-testid="fork-statement">{plan.statement}</p>
      {plan.side_effects.length > 0 && (
        <ul className="qv-fork-effects" aria-label="Side effects">
          {plan.side_effects.map((one) => (
            <li key={one.node_id}>
              <span>{one.statement}</span>
              <select aria-label={`How ${one.name} is played`} value={modes[one.node_id]?.mode ?? one.mode} onChange={(change) => onMode(one.node_id, { mode: change.target.value })}>
                {MODES.map(([value, word]) => <option key={value} value={value}>{word}</option>)}
              </select>
              {modes[one.node_id]?.mode === "mocked" && <Mock name={one.name} onChange={(output) => onMode(one.node_id, { mode: "mocked", output })} />}
            </li>
          ))}
        </ul>
      )}
      <details className="qv-fork-steps">
        <summary>{counted(plan.kept.length, "step stays", "steps stay")}, {counted(plan.again.length, "runs again", "run again")}{plan.may_play.length > 0 && `, ${plan.may_play.length} may play for the first time`}</summary>
        <ul>
          {plan.again.map((one) => <li key={`${one.path}/${one.node_id}:${one.visit}`}>{one.name} {one.path && <small>{one.path}</small>} <em>{WHY[one.why] ?? one.why}</em></li>)}
          {plan.may_play.map((id) => <li key={id}>{names.get(id) ?? id} <em>may play for the first time</em></li>)}
        </ul>
      </details>
    </>
  );
}

function Mock({ name, onChange }) {
  const [text, setText] = useState("null");
  const { wrong } = parsed(text);
  const change = (next) => {
    setText(next);
    const read = parsed(next);
    if (!read.wrong) onChange(read.value);
  };
  return <textarea rows={2} aria-label={`What ${name} gives instead, as JSON`} value={text} spellCheck={false} aria-invalid={Boolean(wrong)} onChange={(typed) => change(typed.target.value)} />;
}

const WHY = { chosen: "chosen", failed: "it failed", undone: "its saga was undone", changed: "the version changed it", gone: "not in this version", depends: "hangs on what runs again" };

const counted = (number, one, many) => `${number} ${number === 1 ? one : many}`;
const routeOf = (verb) => (verb === "edit" ? "fork" : verb);

function explained(verb, step, names) {
  const name = step ? (names.get(step.nodeId) ?? step.nodeId) : "";
  if (verb === "retry") return "A new run goes on from what failed. Finished steps stand and do not run again.";
  if (verb === "replay") return "A new run takes the recorded answers of models, tools and addresses. Nothing goes out, unless you choose live.";
  if (verb === "edit") return `A new run begins with another output of ${name}. What hangs on it runs again; this run stays as it is.`;
  return `A new run plays ${name} and everything behind it again. What stands before it is kept; this run stays as it is.`;
}

function wishOf(verb, step, output, version, modes, settings) {
  const place = step && { node_id: step.nodeId, path: step.path, visit: step.visit };
  const wish = { version: version || null, modes };
  if (verb === "edit") return { ...wish, edits: [{ ...place, output }] };
  return verb === "fork" ? { ...wish, from: place, ...(settings ? { settings } : {}) } : wish;
}

/** Asks for the plan again a moment after the wish has changed, and `waits` until it is that of the wish; what is typed as output does not change it. */
function usePlan(runId, verb, body) {
  const [found, setFound] = useState({ plan: null, wrong: null, of: "" });
  const asked = JSON.stringify({ ...body, edits: body.edits?.map((edit) => ({ ...edit, output: null })) });
  useEffect(() => {
    let gone = false;
    const timer = setTimeout(() => {
      api
        .post(`/runs/${runId}/${routeOf(verb)}`, { ...JSON.parse(asked), dry_run: true })
        .then((plan) => !gone && setFound({ plan, wrong: null, of: asked }))
        .catch((wrong) => !gone && setFound({ plan: null, wrong, of: asked }));
    }, 250);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [runId, verb, asked]);
  return { ...found, waits: found.of !== asked };
}

function parsed(text) {
  try {
    JSON.parse(text); // what is wrong with it is told in the browser's usual words
    return { value: readExact(text) };
  } catch (error) {
    return { wrong: error.message };
  }
}

/** What can be done again with a step, or with the whole run. */
export function Acts({ verbs, onAct }) {
  if (!verbs.length) return null;
  return (
    <div className="qv-acts">
      {verbs.map(([verb, word]) => (
        <button key={verb} type="button" className="qv-act" data-testid={`act-${verb}`} onClick={() => onAct(verb)}>
          {word}
        </button>
      ))}
    </div>
  );
}

export function verbsOfStep(step, run) {
  if (!step.finishedAt || step.status === "skipped" || run?.trigger === "imported") return [];
  const again = step.status === "failed" ? "Retry from here" : "Re-run from this step";
  return run?.redacted ? [["fork", again]] : [["fork", again], ["edit", "Edit output and fork"]];
}

export function verbsOfRun(run) {
  if (!run?.finished_at) return [];
  const replay = ["replay", "Replay without effects"];
  return run.status === "succeeded" || run.trigger === "imported" ? [replay] : [["retry", "Retry from the failed step"], replay];
}
