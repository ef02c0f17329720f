// The dialogs: publishing is here, each other has a file of its own.

import { memo, Suspense, useState } from "react";
import { Button, Dialog, TextArea } from "@radix-ui/themes";
import { api } from "../components/api.js";
import { AddDialog } from "./AddDialog.jsx";
import { CommandPalette } from "./CommandPalette.jsx";
import { ConnectDialog } from "./ConnectDialog.jsx";
import { DescribeDialog } from "./describing.js";
import { useEditor, useUi } from "./hooks.js";
import { LimitsDialog } from "./LimitsDialog.jsx";
import { NameDialog } from "./NameDialog.jsx";
import { PastRunDialog } from "./PastRunDialog.jsx";
import { ProblemList } from "./Problems.jsx";
import { errorsOf } from "./problems.js";
import { Refused } from "./Refused.jsx";
import { RunDialog } from "./RunDialog.jsx";
import { ShortcutSheet } from "./ShortcutSheet.jsx";
import { SecretDialog } from "./SecretDialog.jsx";
import { SubworkflowDialog } from "./SubworkflowDialog.jsx";
import { SureDialog } from "./SureDialog.jsx";
import { TrialDialog } from "./TrialDialog.jsx";
import { UpdateDialog } from "./UpdateDialog.jsx";

function PublishDialog({ close }) {
  const editor = useEditor();
  const [message, setMessage] = useState("");
  const [refused, setRefused] = useState(null);
  const [busy, setBusy] = useState(false);
  const errors = errorsOf(useUi((ui) => ui.problems));
  const publish = async () => {
    setBusy(true);
    try {
      await editor.saved();
      const version = await api.post(`/workflows/${editor.workflowId}/publish`, { message });
      editor.ui.set({ historyAt: Date.now() });
      editor.ui.hint(`Version ${version.number} is published.`, "success");
      close();
    } catch (problem) {
      setRefused(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Dialog.Title size="4">Publish</Dialog.Title>
      <Dialog.Description size="2" color="gray">A version never changes again. Runs that are started from outside use the last one.</Dialog.Description>
      <TextArea mt="3" rows={3} maxLength={2000} placeholder="What is new? (optional)" aria-label="What is new" value={message} onChange={(event) => setMessage(event.target.value)} />
      {errors.length > 0 && !refused && (
        <div className="qe-refused" role="alert" data-testid="publish-blocked">
          <strong>{errors.length === 1 ? "One problem keeps it from being published." : `${errors.length} problems keep it from being published.`}</strong>
          <ProblemList problems={errors} onPick={close} />
        </div>
      )}
      <Refused problem={refused} close={close} />
      <div className="qe-dialog-foot">
        <Button variant="soft" color="gray" onClick={close}>Cancel</Button>
        <Button data-testid="publish-confirm" loading={busy} disabled={errors.length > 0} onClick={publish}>Publish</Button>
      </div>
    </>
  );
}

const CONTENT = {
  run: [RunDialog, 560], trial: [TrialDialog, 560], past: [PastRunDialog, 560], publish: [PublishDialog, 480], "name-version": [NameDialog, 440], update: [UpdateDialog, 520],
  connect: [ConnectDialog, 420], "add-after": [AddDialog, 420], limits: [LimitsDialog, 440], shortcuts: [ShortcutSheet, 760], commands: [CommandPalette, 560],
  subworkflow: [SubworkflowDialog, 460], secret: [SecretDialog, 460], sure: [SureDialog, 420], describe: [DescribeDialog, 560],
};

export const Dialogs = memo(function Dialogs() {
  const { ui } = useEditor();
  const open = useUi((state) => state.dialog);
  const close = () => ui.set({ dialog: null });
  const [Content, width] = CONTENT[open] ?? [null, 0];
  return (
    <Dialog.Root open={Boolean(Content)} onOpenChange={(on) => !on && close()}>
      {Content && (
        <Dialog.Content maxWidth={`${width}px`} className="qe-dialog" data-testid={`dialog-${open}`} aria-describedby={undefined}>
          <Suspense fallback={<div className="qe-form-comes" role="status" aria-busy="true" aria-label="Loading" />}><Content close={close} /></Suspense>
        </Dialog.Content>
      )}
    </Dialog.Root>
  );
});
