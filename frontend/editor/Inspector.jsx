// The settings of one node: its name, the form of its kind, what every node has, and its last output.

import { memo, useCallback, useMemo, useRef, useState } from "react";
import { Tabs } from "@radix-ui/themes";
import { kindOf } from "../components/flow.js";
import { Icon } from "../components/icons.jsx";
import { LiveContext, useLiveRun } from "../components/live_hooks.js";
import { Tile } from "../components/NodeCard.jsx";
import { CommonSettings } from "./CommonSettings.jsx";
import { useEditor, useModel, usePeers, useUi } from "./hooks.js";
import { ReadingNode } from "./FieldPicker.jsx";
import { ProblemRow } from "./Problems.jsx";
import { useStep } from "./RunStrip.jsx";
import { SchemaForm } from "./SchemaForm.jsx";
import { remembered } from "./ui.js";
import { Value } from "./Value.jsx";

const WIDTH = { usual: 420, least: 340, most: 760 };
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function useProblems(id) {
  const problems = useUi((ui) => ui.problems);
  return useMemo(() => {
    const own = problems.filter((problem) => problem.node_id === id);
    const prefix = `nodes.${id}.config.`;
    const byField = {};
    for (const problem of own) {
      if (!problem.place.startsWith(prefix)) continue;
      const field = problem.place.slice(prefix.length).split(".")[0];
      (byField[field] ??= []).push([problem.message, problem.fix].filter(Boolean).join(" "));
    }
    return { byField, others: own.filter((problem) => !problem.place.startsWith(prefix)) };
  }, [problems, id]);
}

function useEditing(id) {
  const peers = usePeers((presence) => presence.peers.filter((peer) => peer.editing?.startsWith(`${id}.`)), same);
  return useMemo(() => Object.fromEntries(peers.map((peer) => [peer.editing.slice(id.length + 1), peer])), [peers, id]);
}

function Settings({ node, kind }) {
  const { edits, draft } = useEditor();
  const { byField, others } = useProblems(node.id);
  const editing = useEditing(node.id);
  const value = useMemo(() => ({ ...kind.defaults, ...node.config }), [kind, node.config]);
  const latest = useRef(value);
  latest.current = value;
  const change = useCallback((next) => {
    for (const key of new Set([...Object.keys(latest.current), ...Object.keys(next)])) {
      if (!same(latest.current[key], next[key])) edits.setConfig(node.id, key, next[key] ?? undefined);
    }
  }, [edits, node.id]);
  const context = useMemo(() => ({ problems: byField, editing }), [byField, editing]);
  const empty = !Object.keys(kind.schema?.properties ?? {}).length;
  return (
    <>
      {others.map((problem) => <ProblemRow key={problem.place + problem.code} problem={problem} />)}
      {empty ? <p className="qe-none">{kind.unknown ? kind.help : "This kind has no settings."}</p> : <ReadingNode value={node.id}><SchemaForm schema={kind.schema} value={value} readOnly={!draft.canEdit} context={context} onChange={change} /></ReadingNode>}
    </>
  );
}

function LastOutput({ id }) {
  const run = useLiveRun();
  const step = useStep(run.id, id);
  if (!run.id) return <p className="qe-none">Run the draft to see what this node gets and gives.</p>;
  if (!step) return <p className="qe-none">This node was not reached in the last run.</p>;
  return (
    <>
      <Value title="Output" value={step.output} />
      <Value title="Input" value={step.input} />
    </>
  );
}

function Head({ node, kind }) {
  const { edits, draft, ui } = useEditor();
  return (
    <header className="qe-inspector-head">
      <Tile kind={kind} size={32} />
      <div className="qe-inspector-name">
        <input
          aria-label="Name of the node"
          data-testid="inspector-name"
          maxLength={200}
          readOnly={!draft.canEdit}
          value={node.name}
          placeholder={kind.title}
          data-undo="draft"
          onChange={(event) => edits.set(node.id, "name", event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && event.target.blur()}
        />
        <small>{kind.title} · <code title="How expressions call it">{node.id}</code></small>
      </div>
      <button type="button" className="qe-tool" aria-label="Close the settings" onClick={() => ui.set({ inspector: null })}><Icon name="x" /></button>
    </header>
  );
}

function Edge({ width, setWidth }) {
  const start = (event) => {
    const from = event.clientX;
    const move = (moved) => setWidth(Math.min(WIDTH.most, Math.max(WIDTH.least, width + from - moved.clientX)));
    const end = () => {
      window.removeEventListener("pointermove", move);
      setWidth((now) => {
        remembered.set("inspector-width", now);
        return now;
      });
    };
    event.preventDefault();
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end, { once: true });
  };
  return <div className="qe-edge" role="separator" aria-orientation="vertical" aria-label="Width of the settings" onPointerDown={start} />;
}

export function NodePanel({ node, kind }) {
  const { presence, live } = useEditor();
  const [firstLine] = kind.help.split("\n");
  const focus = (event) => {
    const field = event.target.closest("[data-field]")?.dataset.field.split(".")[0];
    presence.say({ editing: field ? `${node.id}.${field}` : null });
  };
  return (
    <div className="qe-node-panel" data-undo="draft" onFocus={focus} onBlur={() => presence.say({ editing: null })}>
      <Head node={node} kind={kind} />
      <Tabs.Root defaultValue="settings" className="qe-tabs">
        <Tabs.List size="1">
          <Tabs.Trigger value="settings">Settings</Tabs.Trigger>
          <Tabs.Trigger value="behaviour">Behaviour</Tabs.Trigger>
          <Tabs.Trigger value="output">Last run</Tabs.Trigger>
        </Tabs.List>
        <div className="qe-panel-body">
          <Tabs.Content value="settings">
            <p className="qe-about">{firstLine}</p>
            <Settings node={node} kind={kind} />
          </Tabs.Content>
          <Tabs.Content value="behaviour"><CommonSettings node={node} kind={kind} /></Tabs.Content>
          <Tabs.Content value="output"><LiveContext value={live}><LastOutput id={node.id} /></LiveContext></Tabs.Content>
        </div>
      </Tabs.Root>
    </div>
  );
}

export const Inspector = memo(function Inspector() {
  const { kinds } = useEditor();
  const id = useUi((ui) => ui.inspector);
  const node = useModel((model) => (id ? model.node(id) : null) ?? null);
  const [width, setWidth] = useState(() => remembered.get("inspector-width", WIDTH.usual));
  if (!node) return null;
  return (
    <aside className="qe-inspector qe-float" aria-label="Settings of the node" data-testid="inspector" style={{ width }}>
      <Edge width={width} setWidth={setWidth} />
      <NodePanel key={node.id} node={node} kind={kindOf(kinds, node.kind)} />
    </aside>
  );
});
