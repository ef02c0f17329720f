// Repairs a paused run where it stands: changes are collected as a list, reviewed as a plan, and done at once.
import { useEffect, useState } from "react";
import { Button, Dialog } from "@radix-ui/themes";
import { api, entries } from "../components/api.js";
import { parseExact } from "../components/exact.js";
import { stepKey } from "./fold.js";
import { OtherPaused } from "./OtherPaused.jsx";
import { shortPath } from "./time.js";

const HOW = {
  edits: ["Other output", "Its output is replaced; what hangs on it runs again."],
  give: ["Skip with an output", "It is not played; what is behind it sees this output."],
  again: ["Play again", "It is played again, with all behind it."],
};
const VERSIONS = [
  ["", "The version of this run"],
  ["published", "The published version"],
  ["draft", "The draft as it is now"],
];
const keyOf = (place) => `${place.path}/${place.node_id}:${place.visit}`;

/** `first` is a change to begin with: `{ how, place, output }`. */
export function RepairDialog({ run, steps, records, diagram, names, first, close, onDone }) {
  const [changes, setChanges] = useState([]);
  const [version, setVersion] = useState("");
  const [note, setNote] = useState("");
  const [refused, setRefused] = useState(null);
  const [busy, setBusy] = useState(false);
  const [others, setOthers] = useState([]);
  const known = useRecords(run.id, records);
  const places = placesOf(steps, diagram, names);
  const wish = wishOf(changes, version, note);
  const { plan, wrong, waits } = usePlan(run.id, wish);
  const problem = refused ?? wrong;
  const add = (change) => setChanges((all) => [...all.filter((one) => keyOf(one.place) !== keyOf(change.place)), change]);

  const apply = async (submitted) => {
    submitted.preventDefault();
    setBusy(true);
    try {
      const left = others.length ? await repairMany([run.id, ...others], wish) : void (await api.post(`/runs/${run.id}/repair`, wish));
      onDone?.();
      if (!left) return close();
      setRefused(left);
    } catch (found) {
      setRefused(found);
    }
    setBusy(false);
  };

  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Content maxWidth="600px" data-testid="repair-dialog">
        <form className="qv-fork" onSubmit={apply}>
          <Dialog.Title size="4" mb="1">Repair this run</Dialog.Title>
          <Dialog.Description size="2" color="gray">It stays paused, and goes on with all of this when you resume it.</Dialog.Description>
          {changes.length > 0 && (
            <ul className="qv-fork-effects" aria-label="Changes">
              {changes.map((one) => (
                <li key={keyOf(one.place)} data-testid={`change-${one.place.node_id}`}>
                  <span><b>{HOW[one.how][0]}</b>: {names.get(one.place.node_id) ?? one.place.node_id} {one.place.path && <small>{shortPath(one.place.path)}</small>}</span>
                  <button type="button" className="qv-link" onClick={() => setChanges((all) => all.filter((other) => other !== one))}>Take out</button>
                </li>
              ))}
            </ul>
          )}
          <Change key={changes.length} first={changes.length ? null : first} places={places} records={known} onAdd={add} />
          <label className="qv-fork-row">
            <span>Go on with</span>
            <select value={version} onChange={(change) => setVersion(change.target.value)}>
              {VERSIONS.map(([value, word]) => <option key={value} value={value}>{word}</option>)}
            </select>
          </label>
          <label className="qv-fork-output">
            <span>Why, for the history</span>
            <textarea rows={2} value={note} maxLength={500} onChange={(change) => setNote(change.target.value)} />
          </label>
          {plan && <Plan plan={plan} names={names} />}
          <OtherPaused run={run} chosen={others} choose={setOthers} />
          {problem && (
            <div className="qv-trouble" role="alert" data-testid="repair-refused">
              <strong>{problem.message}</strong>
              {(problem.problems?.length ? problem.problems : [problem]).slice(0, 5).map((one) => one.fix && <p key={`${one.place} ${one.fix}`}>{one.message !== problem.message && one.message} {one.fix}</p>)}
            </div>
          )}
          <div className="qv-fork-foot">
            <Button type="button" variant="soft" color="gray" onClick={close}>Cancel</Button>
            <Button type="submit" data-testid="repair-go" loading={busy} disabled={!plan || waits || !(changes.length || version)}>{others.length ? `Apply to ${others.length + 1} runs` : "Apply"}</Button>
          </div>
        </form>
      </Dialog.Content>
    </Dialog.Root>
  );
}

/** The same repair of each; what was refused as a problem, with the runs that stay as they are. */
async function repairMany(ids, wish) {
  const report = await api.post("/runs/bulk", { action: "repair", run_ids: ids, repair: wish });
  if (!report.refused) return undefined;
  const problems = report.items.filter((one) => !one.done).map((one) => ({ place: one.run_id, message: one.run_id.slice(-8), fix: one.message }));
  return { message: `${report.done} repaired, ${report.refused} refused.`, problems };
}

/** One more change: which step, what becomes of it, and with which output. */
function Change({ first, places, records, onAdd }) {
  const [key, setKey] = useState(first ? keyOf(first.place) : "");
  const place = places.find((one) => keyOf(one) === key);
  const allowed = place ? (place.ended ? ["edits", "again"] : ["give"]) : [];
  const [how, setHow] = useState(first?.how ?? "");
  const chosen = allowed.includes(how) ? how : allowed[0];
  const [typed, setTyped] = useState(null); // until somebody types, what the step gave, as soon as that is read
  const text = typed ?? JSON.stringify((place && records.get(place.key)?.output) ?? null, null, 2);
  const { value, wrong } = parsed(text);
  const choose = (next) => {
    setKey(next);
    setTyped(null);
  };
  const { node_id, path, visit } = place ?? {};
  return (
    <fieldset className="qv-repair" aria-label="A change">
      <label className="qv-fork-row">
        <span>Step</span>
        <select value={key} data-testid="repair-step" onChange={(change) => choose(change.target.value)}>
          <option value="">Choose one</option>
          {places.map((one) => <option key={keyOf(one)} value={keyOf(one)}>{one.name}{one.path ? ` ${shortPath(one.path)}` : ""}{one.ended ? "" : " (not played)"}</option>)}
        </select>
      </label>
      {place && (
        <label className="qv-fork-row">
          <span>What</span>
          <select value={chosen} data-testid="repair-how" onChange={(change) => setHow(change.target.value)}>
            {allowed.map((one) => <option key={one} value={one}>{HOW[one][0]}</option>)}
          </select>
        </label>
      )}
      {place && <p className="qv-muted">{HOW[chosen][1]}</p>}
      {place && chosen !== "again" && (
        <label className="qv-fork-output">
          <span>Output, as JSON</span>
          <textarea rows={5} value={text} spellCheck={false} aria-invalid={Boolean(wrong)} data-testid="repair-output" onChange={(change) => setTyped(change.target.value)} />
          {wrong && <small role="alert">This is not JSON: {wrong}</small>}
        </label>
      )}
      {place && <Button type="button" variant="soft" size="1" data-testid="repair-add" disabled={chosen !== "again" && Boolean(wrong)} onClick={() => onAdd({ how: chosen, place: { node_id, path, visit }, output: value })}>Add to the list</Button>}
    </fieldset>
  );
}

function Plan({ plan, names }) {
  return (
    <>
      <p className="qv-fork-says" data-testid="repair-statement">{plan.statement}</p>
      <details className="qv-fork-steps">
        <summary>{plan.kept.length} stand, {plan.again.length} run again, {plan.may_play.length} are still to be played</summary>
        <ul>
          {plan.again.map((one) => <li key={keyOf(one)}>{one.name} <small>{one.path}</small> <em>runs again</em></li>)}
          {plan.may_play.map((id) => <li key={id}>{names.get(id) ?? id} <em>still to be played</em></li>)}
        </ul>
      </details>
    </>
  );
}

/** Every step that has ended, then the nodes of the diagram that were not played. */
function placesOf(steps, diagram, names) {
  const played = steps.filter((step) => step.finishedAt && step.status !== "skipped");
  const found = played.map((step) => ({ key: step.key, node_id: step.nodeId, path: step.path, visit: step.visit, ended: true, name: names.get(step.nodeId) ?? step.nodeId }));
  const known = new Set(found.map((one) => one.node_id));
  for (const node of diagram?.nodes ?? []) {
    if (known.has(node.id) || node.parent) continue;
    found.push({ key: "", node_id: node.id, path: "", visit: 1, ended: false, name: names.get(node.id) ?? node.id });
  }
  return found;
}

function wishOf(changes, version, note) {
  const of = (how) => changes.filter((one) => one.how === how);
  const output = ({ place, output: value }) => ({ ...place, output: value });
  return { version: version || null, note, edits: of("edits").map(output), give: of("give").map(output), again: of("again").map(({ place }) => place) };
}

/** Asks for the plan again when a change is added or the version is another one, and `waits` until it is that of the wish. */
function usePlan(runId, wish) {
  const [found, setFound] = useState({ plan: null, wrong: null, of: "" });
  const asked = JSON.stringify({ ...wish, note: "" });
  useEffect(() => {
    let gone = false;
    api.post(`/runs/${runId}/repair`, { ...JSON.parse(asked), dry_run: true }).then(
      (plan) => !gone && setFound({ plan, wrong: null, of: asked }),
      (wrong) => !gone && setFound({ plan: null, wrong, of: asked }),
    );
    return () => {
      gone = true;
    };
  }, [runId, asked]);
  return { ...found, waits: found.of !== asked };
}

/** What the steps gave, read again: the view holds it only while it shows a step. */
function useRecords(runId, before) {
  const [found, setFound] = useState(before);
  useEffect(() => {
    let gone = false;
    api.get(`/runs/${runId}/steps`).then(
      (page) => !gone && setFound(new Map(entries(page).map((step) => [stepKey(step), step]))),
      () => {},
    );
    return () => {
      gone = true;
    };
  }, [runId]);
  return found;
}

function parsed(text) {
  try {
    return { value: parseExact(text) };
  } catch (error) {
    return { wrong: error.message };
  }
}
