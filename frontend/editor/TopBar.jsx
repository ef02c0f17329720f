// Name, saved state, people, undo and redo, problems, export, Publish and Run: the bar over the canvas.

import { memo, useEffect, useState } from "react";
import { Button, DropdownMenu, IconButton, Tooltip } from "@radix-ui/themes";
import { Link } from "react-router";
import { Icon } from "../components/icons.jsx";
import { LiveContext, useLiveRun } from "../components/live_hooks.js";
import { CommentsButton } from "./CommentsButton.jsx";
import { tip } from "./commands.js";
import { download } from "./exports.js";
import { follow } from "./follow.js";
import { copyLink } from "./history.js";
import { useDraftState, useEditor, useModel, usePeers, useUi } from "./hooks.js";
import { errorsOf } from "./problems.js";
import { Trail } from "./Trail.jsx";
import { Unpublished } from "./Unpublished.jsx";

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
const sameFaces = (a, b) => a?.length === b.length && a.every((peer, i) => peer.client === b[i].client && peer.name === b[i].name);

function Presence() {
  const editor = useEditor();
  const following = useUi((ui) => ui.following ?? null);
  const peers = usePeers((presence) => oneEach(presence.peers), sameFaces);
  if (!peers.length) return <span data-testid="presence" hidden />;
  return (
    <span className="qe-presence" data-testid="presence" aria-label={`Also here: ${peers.map((peer) => peer.name).join(", ")}`}>
      {peers.slice(0, 5).map((peer) => (
        <Tooltip key={peer.client} content={`Follow ${peer.name}`}>
          <button type="button" className="qe-face" aria-label={`Follow ${peer.name}`} aria-pressed={following === peer.client} style={{ "--qc-peer": peer.color }} onClick={() => follow(editor, peer.client)}>{peer.name.slice(0, 1)}</button>
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
      <button type="button" className="qe-tool" data-testid="undo" title={tip("undo")} aria-label="Undo" disabled={!canUndo} onClick={() => run("undo")}><Icon name="undo-2" /></button>
      <button type="button" className="qe-tool" data-testid="redo" title={tip("redo")} aria-label="Redo" disabled={!canRedo} onClick={() => run("redo")}><Icon name="redo-2" /></button>
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
    <button type="button" className="qe-problems-button" data-testid="problems" data-tone={tone} title={tip("problems", "Problems")} onClick={() => run("problems")}>
      <Icon name={icon} size={15} />
      {words}
    </button>
  );
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

function UnpinAll() {
  const { draft, run } = useEditor();
  const any = useModel((model) => [...model.nodes.values()].some((node) => node.pinned != null));
  return <DropdownMenu.Item data-testid="unpin-all" disabled={!draft.canEdit || !any} onSelect={() => run("unpin-all")}>Unpin everything</DropdownMenu.Item>;
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
        <DropdownMenu.Item data-testid="export-python" onSelect={() => editor.run("export-python")}>Export as LangGraph module (Python)</DropdownMenu.Item>
        <DropdownMenu.Item data-testid="export-svg" onSelect={() => download(editor, "svg")}>Export as SVG picture</DropdownMenu.Item>
        <DropdownMenu.Item data-testid="export-png" onSelect={() => download(editor, "png")}>Export as PNG picture</DropdownMenu.Item>
        <DropdownMenu.Item data-testid="copy-view-link" onSelect={() => copyLink(editor)}>Copy link for looking</DropdownMenu.Item>
        <DropdownMenu.Item shortcut="O" onSelect={() => editor.run("outline")}>Outline</DropdownMenu.Item>
        <DropdownMenu.Separator />
        <StepsAtOnce />
        <DropdownMenu.Item data-testid="limits" onSelect={() => editor.ui.set({ dialog: "limits" })}>Limits of runs</DropdownMenu.Item>
        <DropdownMenu.Separator />
        <DropdownMenu.Item data-testid="past-run" onSelect={() => editor.run("past-run")}>Copy a run to the editor</DropdownMenu.Item>
        <UnpinAll />
        <DropdownMenu.Separator />
        <DropdownMenu.Item shortcut="Ctrl K" onSelect={() => editor.run("commands")}>Commands</DropdownMenu.Item>
        <DropdownMenu.Item shortcut="?" onSelect={() => editor.run("shortcuts")}>Shortcuts</DropdownMenu.Item>
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

/** How many errors keep it from running and from being published. */
function Count() {
  const count = useUi((ui) => errorsOf(ui.problems).length);
  return count > 0 && <span className="qe-count" title={counted(count, "problem")}>{count}</span>;
}

function Versions() {
  const { run } = useEditor();
  const open = useUi((ui) => Boolean(ui.history));
  return <button type="button" className="qe-tool" data-testid="history-button" title="History (Shift+H)" aria-label="History" aria-pressed={open} onClick={() => run("history")}><Icon name="history" /></button>;
}

/** Whoever came by a link for looking, and may do more, goes on from here. */
function Looking() {
  const { me, workflowId } = useEditor();
  return me.mayIfNotLooking ? <Button asChild variant="soft"><a href={`/workflows/${encodeURIComponent(workflowId)}`} data-testid="edit-instead"><Icon name="pencil" size={13} />Edit</a></Button> : null;
}

function RunButton() {
  const editor = useEditor();
  const { id, state } = useLiveRun();
  const on = Boolean(id) && editor.running && state;
  if (!editor.me.may("run.start")) return null;
  if (on) return <Button color="gray" variant="surface" highContrast data-testid="run-button" onClick={() => editor.stopRun()}><Icon name="square" size={13} />Stop</Button>;
  return <Button data-testid="run-button" title={tip("run", "Run")} onClick={() => editor.run("run")}><Icon name="play" size={14} />Run<Count /></Button>;
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
      <Trail />
      <Name />
      <SaveState />
      <span className="qe-space" />
      <Presence />
      <History />
      <Versions />
      <CommentsButton />
      <Problems />
      <Unpublished />
      <More />
      <Looking />
      {editor.me.may("workflow.publish") && <Button variant="soft" data-testid="publish-button" onClick={() => editor.run("publish")}>Publish<Count /></Button>}
      <LiveContext value={editor.live}><RunButton /></LiveContext>
    </header>
  );
});
