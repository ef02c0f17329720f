// A node whose secret is missing takes another one, or the team gets it; what changes is shown first.

import { useEffect, useState } from "react";
import { Button, Dialog, TextField } from "@radix-ui/themes";
import { FieldTable } from "./FieldTable.jsx";
import { useEditor, useModel, useUi } from "./hooks.js";
import { addSecret, missingOf, renameSecret, teamSecrets } from "./missing.js";
import { Refused } from "./Refused.jsx";

function useSecrets() {
  const [names, setNames] = useState(null);
  useEffect(() => {
    let gone = false;
    teamSecrets().then((found) => !gone && setNames(found));
    return () => {
      gone = true;
    };
  }, []);
  return names;
}

function Taking({ names, chosen, choose }) {
  if (!names?.length) return <p className="qe-none">The team has no secrets yet.</p>;
  return (
    <select className="qe-select qe-update-kind" aria-label="Secret that takes its place" value={chosen} onChange={(event) => choose(event.target.value)}>
      <option value="">Choose a secret of the team …</option>
      {names.map((name) => <option key={name} value={name}>{name}</option>)}
    </select>
  );
}

export function SecretDialog({ close }) {
  const editor = useEditor();
  const id = useUi((ui) => ui.updating);
  const node = useModel((model) => model.node(id) ?? null);
  const problems = useUi((ui) => ui.problems);
  const names = useSecrets();
  const [chosen, choose] = useState("");
  const [value, setValue] = useState("");
  const [refused, setRefused] = useState(null);
  const missing = node ? missingOf(problems, node) : [];
  if (!missing.length) return <Dialog.Title size="4">Nothing is missing any longer.</Dialog.Title>;
  const [{ name }] = missing;
  const same = missing.filter((one) => one.name === name);
  const done = async () => {
    if (chosen) renameSecret(editor, id, same, chosen);
    else {
      try {
        await addSecret(name, value);
      } catch (problem) {
        return setRefused(problem);
      }
      editor.checkSoon();
    }
    return close();
  };
  return (
    <>
      <Dialog.Title size="4">Update “{node.name || node.id}”</Dialog.Title>
      <Dialog.Description size="2" color="gray">It needs the secret “{name}”, which the team does not have. Its settings and wires stay.</Dialog.Description>
      <Taking names={names} chosen={chosen} choose={choose} />
      {editor.me.may("secret.manage") && !chosen && (
        <label className="qe-secret-value">
          Or give the team “{name}”
          <TextField.Root type="password" autoComplete="off" aria-label={`Value of ${name}`} placeholder="Its value; nobody can read it afterwards" value={value} onChange={(event) => setValue(event.target.value)} />
        </label>
      )}
      {chosen && <div data-testid="update-preview"><FieldTable fields={same.map(({ path }) => ({ path: path.join("."), before: name, after: chosen }))} /></div>}
      <Refused problem={refused} close={close} />
      <div className="qe-dialog-foot">
        <Button variant="soft" color="gray" onClick={close}>Cancel</Button>
        <Button data-testid="update-confirm" disabled={!chosen && !value} onClick={done}>{chosen ? "Update" : "Add the secret"}</Button>
      </div>
    </>
  );
}
