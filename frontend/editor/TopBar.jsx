// Name, saved state, people, undo and redo, problems, export, Publish and Run: the bar over the canvas.

import { memo, useEffect, useState } from "react";
import { Button, DropdownMenu, IconButton, Tooltip } from "@radix-ui/themes";
import { Link } from "react-router";
import { api } from "../components/api.js";
import { Icon } from "../components/icons.jsx";
import { LiveContext, useLiveRun } from "../components/live_hooks.js";
import { useDraftState, useEditor, useModel, usePeers, useUi } from "./hooks.js";

const SAVED = {
  loading: ["loader-circle", "Loading"],
  saved: ["check", "Saved"],
  saving: ["loader-circle", "Saving"],
  offline: ["triangle-alert", "Offline – kept in this browser"],
  "read-only": ["eye", "View only"],
};

function SaveState() {
  const { saved } = useDraftState();
  const [icon, words] = SAVED[saved];
  return (
    <span className="qe-saved" data-testid="save-state" data-state={saved} role="status">
      <Icon name={icon} size={13} />
      {words}
    </span>
  );
}

function Name() {
  const { edits, draft } = useEditor();
  const name = useModel((model) => model.meta.name ?? "");
  const [text, setText] = useState(null);
  const finish = () => {
    if (text?.trim() && text.trim() !== name) edits.rename(text.trim());
    setText(null);
  };
  return (
    <input
      className="qe-title"
      aria-label="Name of the workflow"
      data-testid="workflow-name"
      maxLength={200}
      readOnly={!draft.canEdit}
      title={name}
      size={Math.max(6, Math.min(48, (text ?? name).length + 1))}
      value={text ?? name}
      onChange={(event) => setText(event.target.value)}
      onBlur={finish}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.target.blur();
        if (event.key === "Escape") setText(null);
      }}
    />
  );
}

const oneEach = (peers) => [...new Map(peers.map((peer) => [peer.id || peer.client, peer])).values()];
const sameFaces = (a, b) => a?.length === b.length && a.every((peer, i) => peer.id === b[i].id && peer.name === b[i].name);

function Presence() {
  const peers = usePeers((presence) => oneEach(presence.peers), sameFaces);
  if (!peers.length) return <span data-testid="presence" hidden />;
  return (
    <span className="qe-presence" data-testid="presence" aria-label={`Also here: ${peers.map((peer) => peer.name).join(", ")}`}>
      {peers.slice(0, 5).map((peer) => (
        <Tooltip key={peer.client} content={peer.name}>
          <span className="qe-face" style={{ "--qc-peer": peer.color }}>{peer.name.slice(0, 1)}</span>
        </Tooltip>
      ))}
      {peers.length > 5 && <span className="qe-face">+{peers.length - 5}</span>}
    </span>
  );
}

function History() {
  const { run, draft } = useEditor();
  const { canUndo, canRedo } = useDraftState();
  if (!draft.canEdit) return null;
  return (
    <span className="qe-group">
      <button type="button" className="qe-tool" data-testid="undo" title="Undo (Ctrl+Z)" aria-label="Undo" disabled={!canUndo} onClick={() => run("undo")}><Icon name="undo-2" /></button>
      <button type="button" className="qe-tool" data-testid="redo" title="Redo (Ctrl+Shift+Z)" aria-label="Redo" disabled={!canRedo} onClick={() => run("redo")}><Icon name="redo-2" /></button>
    </span>
  );
}

const counted = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

function Problems() {
  const { run } = useEditor();
  const problems = useUi((ui) => ui.problems);
  const checked = useUi((ui) => ui.checked);
  const errors = problems.filter((problem) => problem.severity !== "warning").length;
  const [tone, icon, words] = errors
    ? ["error", "circle-alert", counted(errors, "problem")]
    : problems.length
      ? ["warning", "triangle-alert", counted(problems.length, "warning")]
      : ["none", "circle-check", checked ? "No problems" : "Checking"];
  return (
    <button type="button" className="qe-problems-button" data-testid="problems" data-tone={tone} title="Problems (F8)" onClick={() => run("problems")}>
      <Icon name={icon} size={15} />
      {words}
    </button>
  );
}

async function download(editor, format) {
  try {
    const text = await api.text(`/workflows/${editor.workflowId}/export?format=${format}`);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: format === "json" ? "application/json" : "application/yaml" }));
    link.download = `${editor.workflow.slug || "workflow"}.${format}`;
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (problem) {
    editor.ui.hint(problem.message, "error");
  }
}

const AT_ONCE = [1, 2, 4, 8, 16, 32];

function StepsAtOnce() {
  const { edits, draft } = useEditor();
  const limit = useModel((model) => model.meta.max_parallel ?? 0);
  const choices = [...new Set([...AT_ONCE, limit].filter(Boolean))].sort((a, b) => a - b);
  return (
    <DropdownMenu.Sub>
      <DropdownMenu.SubTrigger disabled={!draft.canEdit} data-testid="steps-at-once">Steps at once: {limit || "no limit"}</DropdownMenu.SubTrigger>
      <DropdownMenu.SubContent>
        <DropdownMenu.RadioGroup value={String(limit)} onValueChange={(value) => edits.setMaxParallel(Number(value))}>
          <DropdownMenu.RadioItem value="0">No limit</DropdownMenu.RadioItem>
          {choices.map((count) => <DropdownMenu.RadioItem key={count} value={String(count)}>{count}</DropdownMenu.RadioItem>)}
        </DropdownMenu.RadioGroup>
      </DropdownMenu.SubContent>
    </DropdownMenu.Sub>
  );
}

function More() {
  const editor = useEditor();
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger>
        <IconButton variant="ghost" color="gray" aria-label="More" data-testid="more"><Icon name="ellipsis" size={18} /></IconButton>
      </DropdownMenu.Trigger>
      <DropdownMenu.Content align="end" variant="soft">
        <DropdownMenu.Item onSelect={() => download(editor, "yaml")}>Export as YAML</DropdownMenu.Item>
        <DropdownMenu.Item onSelect={() => download(editor, "json")}>Export as JSON</DropdownMenu.Item>
        <DropdownMenu.Separator />
        <StepsAtOnce />
        <DropdownMenu.Item data-testid="limits" onSelect={() => editor.ui.set({ dialog: "limits" })}>Limits of runs</DropdownMenu.Item>
        <DropdownMenu.Separator />
        <DropdownMenu.Item shortcut="Ctrl K" onSelect={() => editor.run("commands")}>Commands</DropdownMenu.Item>
        <DropdownMenu.Item shortcut="?" onSelect={() => editor.run("shortcuts")}>Shortcuts</DropdownMenu.Item>
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

function RunButton() {
  const editor = useEditor();
  const { id, state } = useLiveRun();
  const on = Boolean(id) && editor.running && state;
  if (!editor.me.may("run.start")) return null;
  if (on) return <Button color="gray" variant="surface" highContrast data-testid="run-button" onClick={() => editor.stopRun()}><Icon name="square" size={13} />Stop</Button>;
  return <Button data-testid="run-button" title="Run (Ctrl+Enter)" onClick={() => editor.run("run")}><Icon name="play" size={14} />Run</Button>;
}

export const TopBar = memo(function TopBar() {
  const editor = useEditor();
  const name = useModel((model) => model.meta.name ?? "");
  useEffect(() => {
    if (name) document.title = `${name} · Quadrille`;
  }, [name]);
  return (
    <header className="qe-bar">
      <Link className="qe-tool" to="/workflows" title="All workflows" aria-label="All workflows"><Icon name="chevron-left" size={18} /></Link>
      <Name />
      <SaveState />
      <span className="qe-space" />
      <Presence />
      <History />
      <Problems />
      <More />
      {editor.me.may("workflow.publish") && <Button variant="soft" data-testid="publish-button" onClick={() => editor.run("publish")}>Publish</Button>}
      <LiveContext value={editor.live}><RunButton /></LiveContext>
    </header>
  );
});
