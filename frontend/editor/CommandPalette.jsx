// Everything by a few letters: commands, nodes (@), other workflows and the last runs; "/" keeps to commands.

import { useEffect, useMemo, useRef, useState } from "react";
import { Dialog } from "@radix-ui/themes";
import { api, entries } from "../components/api.js";
import { Icon } from "../components/icons.jsx";
import { STATES } from "../components/states.js";
import { keysOf } from "./bindings.js";
import { COMMANDS } from "./commands.js";
import { found } from "./fuzzy.js";
import { useEditor } from "./hooks.js";
import { Keys } from "./Keys.jsx";
import { remembered } from "./ui.js";

const MOST = 60;
const RECENT = "recent-commands";
const NO_ARGUMENT = new Set(["port", "wire"]);
const icons = { "Go to": "corner-down-right", Workflow: "workflow", Run: "play" };

function commandRows(editor) {
  const usable = COMMANDS.filter((one) => (!one.edits || editor.draft.canEdit) && one.name !== "commands" && !(NO_ARGUMENT.has(one.needs) && !(one.needs === "wire" && editor.ui.state.selectedWires.length)) && (one.needs !== "selection" || editor.ui.state.selection.length));
  const recent = remembered.get(RECENT, []);
  const rank = (one) => (recent.includes(one.name) ? recent.indexOf(one.name) : recent.length);
  return usable.map((one, i) => [one, i]).sort(([a, i], [b, j]) => rank(a) - rank(b) || i - j).map(([one]) => ({ ...one, sort: "/", keys: keysOf(one), pick: () => {
    remembered.set(RECENT, [one.name, ...recent.filter((name) => name !== one.name)].slice(0, 5));
    editor.run(one.name);
  } }));
}

const nodeRows = (editor) => [...editor.model.nodes.values()].map((node) => ({ name: node.id, title: node.name || editor.kinds.get(node.kind)?.title || node.id, about: editor.kinds.get(node.kind)?.title ?? node.kind, group: "Go to", sort: "@", keys: [], pick: () => editor.show(node.id) }));

/** Other workflows of the team, and the last runs of this one. */
function useElsewhere(editor) {
  const [rows, setRows] = useState([]);
  useEffect(() => {
    let gone = false;
    const add = (more) => !gone && setRows((before) => [...before, ...more]);
    api.get("/workflows?limit=200").then((page) => add(entries(page).filter((one) => one.id !== editor.workflowId).map((one) => ({ name: one.slug, title: one.name, group: "Workflow", keys: [], pick: () => editor.go(`/workflows/${one.id}`) }))), () => {});
    api.get(`/runs?workflow=${encodeURIComponent(editor.workflowId)}&limit=20`).then((page) => add(entries(page).map((run) => ({ name: run.id, title: `Run of ${new Date(run.created_at).toLocaleString()}`, about: STATES[run.state]?.word ?? run.state, group: "Run", keys: [], pick: () => editor.go(`/runs/${run.id}`) }))), () => {});
    return () => {
      gone = true;
    };
  }, [editor]);
  return rows;
}

function sifted(rows, query) {
  const [, sign, text] = query.match(/^\s*([@/]?)([\s\S]*)$/);
  const wanted = sign ? rows.filter((row) => row.sort === sign) : rows;
  return found(wanted, text, (row) => [row.title, row.about ?? row.group, row.name]).slice(0, MOST);
}

function Row({ row, chosen, index, onPick, onHover }) {
  const here = useRef(null);
  useEffect(() => {
    if (chosen) here.current.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <div ref={here} id={`qe-command-${index}`} role="option" aria-selected={chosen} className="qe-command" data-testid={`command-${row.name}`} onPointerMove={onHover} onClick={onPick}>
      {icons[row.group] && row.sort !== "/" && <Icon name={icons[row.group]} size={14} />}
      <span className="qc-clip qe-command-title">{row.title}</span>
      {row.keys.length > 0 ? <Keys keys={row.keys[0]} /> : <small className="qc-clip">{row.about && row.about !== row.title ? `${row.group} · ${row.about}` : row.group}</small>}
    </div>
  );
}

export function CommandPalette({ close }) {
  const editor = useEditor();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const own = useMemo(() => [...commandRows(editor), ...nodeRows(editor)], [editor]);
  const elsewhere = useElsewhere(editor);
  const rows = sifted([...own, ...elsewhere], query);
  const pick = (row) => {
    close();
    setTimeout(row.pick); // the dialog gives the focus back first
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
        <input autoFocus role="combobox" aria-expanded="true" aria-controls="qe-command-list" aria-activedescendant={`qe-command-${at}`} value={query} placeholder="Search everything: @ for nodes, / for commands" aria-label="Search commands and nodes" onKeyDown={keys} onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }} />
      </label>
      <div className="qe-command-list" id="qe-command-list" role="listbox" aria-label="Commands, nodes, workflows and runs">
        {rows.map((row, i) => <Row key={`${row.group}:${row.name}`} row={row} index={i} chosen={i === at} onHover={() => setAt(i)} onPick={() => pick(row)} />)}
        {!rows.length && <p className="qe-none">Nothing is called like that.</p>}
      </div>
    </>
  );
}
