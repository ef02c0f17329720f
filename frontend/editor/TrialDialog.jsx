// Asks for what a trial needs and nobody knows: outputs of nodes before it, and the input of the run.

import { useState } from "react";
import { Button, Dialog } from "@radix-ui/themes";
import { Icon } from "../components/icons.jsx";
import { AnyValue } from "./FormFields.jsx";
import { useEditor, useUi } from "./hooks.js";
import { InputForm } from "./InputForm.jsx";
import { inputSchema } from "./input_schema.js";
import { ProblemList } from "./Problems.jsx";
import { tryNode } from "./trying.js";
import { WAYS } from "./TryMenu.jsx";

const MISSING = "trial_data_missing";

export function TrialDialog({ close }) {
  const editor = useEditor();
  const trial = useUi((ui) => ui.trial);
  const [given, setGiven] = useState(() => trial?.given.data ?? {});
  const [input, setInput] = useState(() => trial?.given.input ?? editor.data.state.input ?? Object.values(editor.model.samples)[0] ?? {});
  const [busy, setBusy] = useState(false);
  if (!trial) return null;
  const { id, how, problem } = trial;
  const missing = problem.code === MISSING ? problem.problems.map((one) => one.node_id) : Object.keys(given);
  const schema = inputSchema(editor);
  const asksInput = Boolean(schema) && (problem.problems ?? []).some((one) => one.place?.startsWith("input"));
  const nameOf = (one) => editor.model.node(one)?.name || editor.kinds.get(editor.model.node(one)?.kind)?.title || one;
  const hopeless = !missing.length && !asksInput;
  const go = async () => {
    setBusy(true);
    const data = Object.fromEntries(missing.map((one) => [one, given[one] ?? { output: null }]));
    await tryNode(editor, id, how, { ...(missing.length ? { data } : {}), ...(asksInput || trial.given.input !== undefined ? { input } : {}) });
    setBusy(false);
  };
  return (
    <form onSubmit={(event) => {
      event.preventDefault();
      if (!hopeless) go();
    }}>
      <Dialog.Title size="4" mb="2">{WAYS.find(([name]) => name === how)[1]}: {nameOf(id)}</Dialog.Title>
      <p className="qe-about">{missing.length ? "Nobody knows yet what the nodes before it give. Say what they shall give in this run." : problem.message}</p>
      {asksInput && <div className="qe-run-input"><InputForm schema={schema} value={input} onChange={setInput} /></div>}
      {missing.map((one) => (
        <div key={one} className="qe-field">
          <div className="qe-label"><label htmlFor={`given-${one}`}>{nameOf(one)} gives, as JSON</label></div>
          <AnyValue id={`given-${one}`} rows={4} label={`Output of ${nameOf(one)}`} value={given[one]?.output} onChange={(output) => setGiven({ ...given, [one]: { output } })} />
        </div>
      ))}
      {hopeless && <div className="qe-refused" role="alert">{problem.fix && <small>{problem.fix}</small>}<ProblemList problems={problem.problems ?? []} onPick={close} /></div>}
      <div className="qe-dialog-foot">
        <Button type="button" variant="soft" color="gray" onClick={close}>{hopeless ? "Close" : "Cancel"}</Button>
        {!hopeless && <Button type="submit" data-testid="trial-start" loading={busy}><Icon name="play" size={14} />Run</Button>}
      </div>
    </form>
  );
}
