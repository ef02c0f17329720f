// The dialogs: publish, the shortcut sheet, and the list of all commands; Run and the limits have files of their own.

import { memo, useMemo, useState } from "react";
import { Button, Dialog, TextArea } from "@radix-ui/themes";
import { api } from "../components/api.js";
import { Icon } from "../components/icons.jsx";
import { AddDialog } from "./AddDialog.jsx";
import { COMMANDS, shown } from "./commands.js";
import { ConnectDialog } from "./ConnectDialog.jsx";
import { found } from "./fuzzy.js";
import { useEditor, useUi } from "./hooks.js";
import { LimitsDialog } from "./LimitsDialog.jsx";
import { NameDialog } from "./NameDialog.jsx";
import { PastRunDialog } from "./PastRunDialog.jsx";
import { ProblemList } from "./Problems.jsx";
import { errorsOf } from "./problems.js";
import { RunDialog } from "./RunDialog.jsx";
import { TrialDialog } from "./TrialDialog.jsx";
import { UpdateDialog } from "./UpdateDialog.jsx";

export function Keys({ keys }) {
  return <span className="qe-keys">{shown(keys).map((key) => <kbd key={key}>{key}</kbd>)}</span>;
}

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
      {refused && (
        <div className="qe-refused" role="alert">
          <strong>{refused.message}</strong>
          {refused.fix && <small>{refused.fix}</small>}
          <ProblemList problems={refused.problems ?? []} onPick={close} />
        </div>
      )}
      <div className="qe-dialog-foot">
        <Button variant="soft" color="gray" onClick={close}>Cancel</Button>
        <Button data-testid="publish-confirm" loading={busy} disabled={errors.length > 0} onClick={publish}>Publish</Button>
      </div>
    </>
  );
}

function ShortcutSheet() {
  const groups = useMemo(() => Object.entries(Object.groupBy(COMMANDS.filter((command) => command.keys.length), (command) => command.group)), []);
  return (
    <>
      <Dialog.Title size="4">Shortcuts</Dialog.Title>
      <div className="qe-sheet">
        {groups.map(([name, commands]) => (
          <section key={name}>
            <h3>{name}</h3>
            {commands.map((command) => (
              <div key={command.name} className="qe-sheet-row">
                <span>{command.title}</span>
                <Keys keys={command.keys[0]} />
              </div>
            ))}
          </section>
        ))}
      </div>
    </>
  );
}

function CommandList({ close }) {
  const editor = useEditor();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const all = useMemo(() => {
    const commands = COMMANDS.filter((command) => (!command.edits || editor.draft.canEdit) && command.name !== "commands");
    const nodes = [...editor.model.nodes.values()].map((node) => ({ name: node.id, title: node.name || editor.kinds.get(node.kind)?.title || node.id, group: "Go to", keys: [], run: () => editor.show(node.id) }));
    return [...commands, ...nodes];
  }, [editor]);
  const rows = found(all, query, (entry) => [entry.title, entry.group, entry.name]).slice(0, 60);
  const pick = (entry) => {
    close();
    setTimeout(() => entry.run(editor)); // the dialog gives the focus back first
  };
  const keys = (event) => {
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, rows.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "Enter" && rows[at]) pick(rows[at]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <Dialog.Title className="qe-unseen">Commands</Dialog.Title>
      <label className="qe-search qe-search-large">
        <Icon name="search" size={16} />
        <input autoFocus value={query} placeholder="Search commands and nodes" aria-label="Search commands and nodes" onKeyDown={keys} onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }} />
      </label>
      <div className="qe-command-list" role="listbox">
        {rows.map((entry, i) => (
          <div key={`${entry.group}:${entry.name}`} role="option" aria-selected={i === at} className="qe-command" onPointerMove={() => setAt(i)} onClick={() => pick(entry)}>
            <span className="qc-clip">{entry.title}</span>
            {entry.keys.length > 0 ? <Keys keys={entry.keys[0]} /> : <small>{entry.group}</small>}
          </div>
        ))}
      </div>
    </>
  );
}

const CONTENT = { run: [RunDialog, 560], trial: [TrialDialog, 560], past: [PastRunDialog, 560], publish: [PublishDialog, 480], "name-version": [NameDialog, 440], update: [UpdateDialog, 520], connect: [ConnectDialog, 420], "add-after": [AddDialog, 420], limits: [LimitsDialog, 440], shortcuts: [ShortcutSheet, 720], commands: [CommandList, 520] };

export const Dialogs = memo(function Dialogs() {
  const { ui } = useEditor();
  const open = useUi((state) => state.dialog);
  const close = () => ui.set({ dialog: null });
  const [Content, width] = CONTENT[open] ?? [null, 0];
  return (
    <Dialog.Root open={Boolean(Content)} onOpenChange={(on) => !on && close()}>
      {Content && (
        <Dialog.Content maxWidth={`${width}px`} className="qe-dialog" data-testid={`dialog-${open}`} aria-describedby={undefined}>
          <Content close={close} />
        </Dialog.Content>
      )}
    </Dialog.Root>
  );
});
