// "Make sub-workflow": the name of the new workflow, and what goes in and comes out of it.

import { useMemo, useState } from "react";
import { Button, Dialog, TextField } from "@radix-ui/themes";
import { useEditor } from "./hooks.js";
import { Refused } from "./Refused.jsx";
import { makeSubworkflow, planned } from "./subworkflow.js";

function Ends({ title, names, none }) {
  return (
    <p className="qe-ends">
      <b>{title}</b> {names.length ? names.map((name) => <code key={name}>{name}</code>) : <span>{none}</span>}
    </p>
  );
}

export function SubworkflowDialog({ close }) {
  const editor = useEditor();
  const ids = editor.ui.state.selection;
  const plan = useMemo(() => planned(editor, ids), [editor, ids]);
  const [name, setName] = useState(() => `${editor.model.meta.name || "Workflow"}: part`);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(plan.why ? { message: plan.why } : null);
  const make = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { id, unpublished } = await makeSubworkflow(editor, ids, name.trim());
      close();
      editor.select([id]);
      editor.ui.hint(unpublished ? `“${name}” is made but not published: ${unpublished.message}` : `“${name}” is made and called here.`, unpublished ? "warning" : "success");
    } catch (problem) {
      setRefused(problem);
    } finally {
      setBusy(false);
    }
  };
  const inputs = plan.why ? [] : [...plan.inputs.fields, ...plan.inputs.read, plan.inputs.all].filter(Boolean).map((one) => one.name);
  return (
    <form onSubmit={make}>
      <Dialog.Title size="4">Make a sub-workflow</Dialog.Title>
      <Dialog.Description size="2" color="gray">The selected nodes become a workflow of their own, which this one calls.</Dialog.Description>
      {!plan.why && (
        <>
          <TextField.Root mt="3" autoFocus maxLength={200} aria-label="Name of the sub-workflow" value={name} onChange={(event) => setName(event.target.value)} />
          <Ends title="It gets" names={inputs} none="what came in" />
          <Ends title="It gives" names={plan.outputs.read} none="what its last node gives" />
        </>
      )}
      <Refused problem={refused} close={close} />
      <div className="qe-dialog-foot">
        <Button type="button" variant="soft" color="gray" onClick={close}>{plan.why ? "Close" : "Cancel"}</Button>
        {!plan.why && <Button type="submit" data-testid="subworkflow-confirm" loading={busy} disabled={!name.trim()}>Make it</Button>}
      </div>
    </form>
  );
}
