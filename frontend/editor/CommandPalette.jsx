// Everything by a few letters: commands, nodes (@), other workflows and the last runs; "/" keeps to commands.

import { useEffect, useMemo, useState } from "react";
import { Dialog } from "@radix-ui/themes";
import { api, entries } from "../components/api.js";
import { Icon } from "../components/icons.jsx";
import { STATES } from "../components/states.js";
import { keysOf } from "./bindings.js";
import { COMMANDS } from "./commands.js";
import { FindList } from "./FindList.jsx";
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
    api.get(`/runs?workflow=${encodeURIComponent(editor.workflowId)}&limit=20`).then((page) => add(entries(page).map((run) => ({ name: run.id, title: `Run of ${new Date(run.created_at).toLocaleString()}`, about: STATES[run.status]?.word ?? run.status, group: "Run", keys: [], pick: () => editor.go(`/runs/${run.id}`) }))), () => {});
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

const draw = (row) => (
  <>
    {icons[row.group] && row.sort !== "/" && <Icon name={icons[row.group]} size={14} />}
    <span className="qc-clip qe-command-title">{row.title}</span>
    {row.keys.length > 0 ? <Keys keys={row.keys[0]} /> : <small className="qc-clip">{row.about && row.about !== row.title ? `${row.group} · ${row.about}` : row.group}</small>}
  </>
);

export function CommandPalette({ close }) {
  const editor = useEditor();
  const own = useMemo(() => [...commandRows(editor), ...nodeRows(editor)], [editor]);
  const elsewhere = useElsewhere(editor);
  const pick = (row) => {
    close();
    setTimeout(row.pick); // the dialog gives the focus back first
  };
  return (
    <>
      <Dialog.Title className="qe-unseen">Commands</Dialog.Title>
      <FindList id="qe-command-list" label="Search commands and nodes" placeholder="Search everything: @ for nodes, / for commands" things="Commands, nodes, workflows and runs" none="Nothing is called like that." sift={(query) => sifted([...own, ...elsewhere], query)} keyOf={(row) => `${row.group}:${row.name}`} testIdOf={(row) => `command-${row.name}`} draw={draw} onPick={pick} />
    </>
  );
}
