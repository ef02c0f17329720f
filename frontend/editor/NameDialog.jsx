// Keeps the draft as it is under a name.

import { useState } from "react";
import { Button, Dialog, TextArea, TextField } from "@radix-ui/themes";
import { nameVersion } from "./history.js";
import { useEditor } from "./hooks.js";
import { Refused } from "./Refused.jsx";

export function NameDialog({ close }) {
  const editor = useEditor();
  const [name, setName] = useState("");
  const [message, setMessage] = useState("");
  const [refused, setRefused] = useState(null);
  const [busy, setBusy] = useState(false);
  const keep = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await nameVersion(editor, name.trim(), message);
      editor.ui.set({ historyAt: Date.now() });
      editor.ui.hint(`“${name.trim()}” is in the history.`, "success");
      close();
    } catch (problem) {
      setRefused(problem);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={keep}>
      <Dialog.Title size="4">Name this version</Dialog.Title>
      <Dialog.Description size="2" color="gray">It is kept in the history as it is now, also with problems. What is live does not change.</Dialog.Description>
      <TextField.Root mt="3" autoFocus required maxLength={200} placeholder="As agreed with the customer" aria-label="Name of the version" value={name} onChange={(event) => setName(event.target.value)} />
      <TextArea mt="2" rows={2} maxLength={2000} placeholder="What is new? (optional)" aria-label="What is new" value={message} onChange={(event) => setMessage(event.target.value)} />
      <Refused problem={refused} close={close} />
      <div className="qe-dialog-foot">
        <Button type="button" variant="soft" color="gray" onClick={close}>Cancel</Button>
        <Button type="submit" data-testid="name-version-confirm" loading={busy} disabled={!name.trim()}>Keep</Button>
      </div>
    </form>
  );
}
