// The panel of one node: what it can read, its settings, and what it gave; in tabs, or side by side where it is wide.

import { memo, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Tabs } from "@radix-ui/themes";
import { kindOf } from "../components/flow.js";
import { Icon } from "../components/icons.jsx";
import { Tile } from "../components/NodeCard.jsx";
import { CommonSettings } from "./CommonSettings.jsx";
import { useEditor, useModel, usePeers, useUi } from "./hooks.js";
import { ReadingNode } from "./FieldPicker.jsx";
import { InputPane } from "./InputPane.jsx";
import { MockSettings } from "./MockSettings.jsx";
import { OutputPane } from "./OutputPane.jsx";
import { PanelContext } from "./panel_context.js";
import { Previews } from "./previews.js";
import { ProblemRow } from "./Problems.jsx";
import { SchemaForm } from "./SchemaForm.jsx";
import { remembered, WIDTH } from "./ui.js";
import { walk } from "./walk.js";

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** The field at which a problem is told: inside the rows of a list that is drawn row by row, else the setting itself. */
function fieldOf(place, schema) {
  const [name] = place.split(/[.[]/, 1);
  const { type, widget } = schema?.properties?.[name] ?? {};
  return type === "array" && !widget ? place.replace(/\[(\d+)\]/g, ".$1") : name;
}

function useProblems(id, schema) {
  const problems = useUi((ui) => ui.problems);
  return useMemo(() => {
    const own = problems.filter((problem) => problem.node_id === id);
    const prefix = `nodes.${id}.config.`;
    const byField = {};
    for (const problem of own) {
      if (!problem.place.startsWith(prefix)) continue;
      const field = fieldOf(problem.place.slice(prefix.length), schema);
      (byField[field] ??= []).push([problem.message, problem.fix].filter(Boolean).join(" "));
    }
    return { byField, others: own.filter((problem) => !problem.place.startsWith(prefix)) };
  }, [problems, id, schema]);
}

function useEditing(id) {
  const peers = usePeers((presence) => presence.peers.filter((peer) => peer.editing?.startsWith(`${id}.`)), same);
  return useMemo(() => Object.fromEntries(peers.map((peer) => [peer.editing.slice(id.length + 1), peer])), [peers, id]);
}

function Settings({ node, kind }) {
  const { edits, draft } = useEditor();
  const { byField, others } = useProblems(node.id, kind.schema);
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

/** To the neighbours along the wires, without closing. */
function Steps({ node }) {
  const editor = useEditor();
  const ends = useModel((model) => [model.into(node.id).length > 0, model.outOf(node.id).length > 0], same);
  const own = useRef(null);
  useEffect(() => {
    const direction = editor.stepped;
    editor.stepped = null;
    if (direction) (own.current.querySelector(`[data-testid=step-${direction}]:enabled`) ?? own.current.querySelector("button:enabled"))?.focus();
  }, [editor]);
  const go = (direction) => {
    editor.stepped = direction;
    editor.select?.([node.id]);
    editor.ui.set({ selection: [node.id] });
    walk(editor, direction);
  };
  return (
    <span ref={own} className="qe-group">
      <button type="button" className="qe-tool" title="The node before (←)" aria-label="The node before" data-testid="step-previous" disabled={!ends[0]} onClick={() => go("previous")}><Icon name="chevron-left" /></button>
      <button type="button" className="qe-tool" title="The node after (→)" aria-label="The node after" data-testid="step-next" disabled={!ends[1]} onClick={() => go("next")}><Icon name="chevron-right" /></button>
    </span>
  );
}

function Head({ node, kind, wide }) {
  const { edits, draft, ui, me } = useEditor();
  const play = (event) => {
    const { left, bottom } = event.currentTarget.getBoundingClientRect();
    ui.set({ trying: { id: node.id, x: left, y: bottom + 4 } });
  };
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
      {me.may("run.start") && !["note", "exit", "state"].includes(kind.role) && <button type="button" className="qe-tool" title="Run this node, to here, or from here" aria-label="Run a part" data-testid="panel-play" onClick={play}><Icon name="play" /></button>}
      <Steps node={node} />
      {wide && <button type="button" className="qe-tool" title={wide.on ? "One column" : "Input, parameters and output side by side"} aria-label="Side by side" aria-pressed={wide.on} data-testid="panel-wide" onClick={wide.flip}><Icon name="columns-3" /></button>}
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

function Parameters({ node, kind }) {
  const [firstLine] = kind.help.split("\n");
  return (
    <>
      <p className="qe-about">{firstLine}</p>
      <Settings node={node} kind={kind} />
    </>
  );
}

function Behaviour({ node, kind }) {
  return (
    <>
      <div className="qe-fields qe-mock"><MockSettings node={node} kind={kind} /></div>
      <CommonSettings node={node} kind={kind} />
    </>
  );
}

const PANES = { input: InputPane, settings: Parameters, output: OutputPane, behaviour: Behaviour };
const TITLES = { input: "Input", settings: "Parameters", output: "Output", behaviour: "Behaviour" };

function Pane({ names, first, node, kind }) {
  return (
    <Tabs.Root defaultValue={first} className="qe-tabs">
      <Tabs.List size="1">{names.map((name) => <Tabs.Trigger key={name} value={name}>{TITLES[name]}</Tabs.Trigger>)}</Tabs.List>
      <div className="qe-panel-body">
        {names.map((name) => {
          const Shown = PANES[name];
          return <Tabs.Content key={name} value={name}><Shown node={node} kind={kind} /></Tabs.Content>;
        })}
      </div>
    </Tabs.Root>
  );
}

function Columns({ node, kind }) {
  return (
    <div className="qe-columns" data-testid="panel-columns">
      <div className="qe-column"><InputPane node={node} kind={kind} /></div>
      <div className="qe-column"><Pane names={["settings", "behaviour"]} first="settings" node={node} kind={kind} /></div>
      <div className="qe-column"><OutputPane node={node} kind={kind} /></div>
    </div>
  );
}

/** What the fields of the panel share. */
function usePanelOf(id) {
  const editor = useEditor();
  const panel = useMemo(() => {
    let last = null;
    const previews = new Previews(editor, id);
    return {
      previews,
      use: (field, put) => (last = { field, put }),
      leave: (field) => last?.field === field && (last = null),
      put: (path) => (last ? last.put(path) : navigator.clipboard?.writeText(`{{ ${path} }}`).then(() => editor.ui.hint(`{{ ${path} }} is copied. Click into a setting first to put it there.`), () => {})),
    };
  }, [editor, id]);
  useEffect(() => {
    panel.previews.gone = false;
    const stops = [editor.data.subscribe(() => panel.previews.again())];
    return () => {
      stops.forEach((stop) => stop());
      panel.previews.destroy();
    };
  }, [editor, panel]);
  return panel;
}

export function NodePanel({ node, kind, wide = null }) {
  const editor = useEditor();
  const { presence } = editor;
  const panel = usePanelOf(node.id);
  const focus = (event) => {
    const field = event.target.closest("[data-field]")?.dataset.field.split(".")[0];
    presence.say({ editing: field ? `${node.id}.${field}` : null });
  };
  const step = (event) => {
    const direction = { ArrowLeft: "previous", ArrowRight: "next" }[event.key];
    if (!direction || event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, [role=tab], [role=radio], [role=combobox], [role=listbox], [role=separator]")) return;
    event.preventDefault();
    event.currentTarget.querySelector(`[data-testid=step-${direction}]`)?.click();
  };
  return (
    <PanelContext value={panel}>
      <div className="qe-node-panel" data-undo="draft" onFocus={focus} onBlur={() => presence.say({ editing: null })} onKeyDown={step}>
        <Head node={node} kind={kind} wide={wide} />
        {wide?.on ? <Columns node={node} kind={kind} /> : <Pane names={["input", "settings", "output", "behaviour"]} first="settings" node={node} kind={kind} />}
      </div>
    </PanelContext>
  );
}

export const Inspector = memo(function Inspector() {
  const { kinds } = useEditor();
  const id = useUi((ui) => ui.inspector);
  const node = useModel((model) => (id ? model.node(id) : null) ?? null);
  const [width, setWidth] = useState(() => remembered.get("inspector-width", WIDTH.usual));
  const [on, setOn] = useState(() => remembered.get("inspector-wide", false));
  if (!node) return null;
  const flip = () => {
    setOn(!on);
    remembered.set("inspector-wide", !on);
  };
  return (
    <aside className="qe-inspector qe-float" aria-label="Settings of the node" data-testid="inspector" data-wide={on || undefined} style={{ width: on ? `max(${width}px, min(${WIDTH.wide}px, calc(100% - ${WIDTH.beside}px)))` : width }}>
      {!on && <Edge width={width} setWidth={setWidth} />}
      <NodePanel key={node.id} node={node} kind={kindOf(kinds, node.kind)} wide={{ on, flip }} />
    </aside>
  );
});
