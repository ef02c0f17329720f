// Adds a node after another without a pointer: a list of kinds to find by name.

import { useState } from "react";
import { Dialog } from "@radix-ui/themes";
import { Icon } from "../components/icons.jsx";
import { hasInput, portsOf } from "../components/kinds.js";
import { Tile } from "../components/NodeCard.jsx";
import { found } from "./fuzzy.js";
import { useEditor, useUi } from "./hooks.js";

const BESIDE = { x: 288, y: 0 };

/** The new node stands to the right of `id`, wired from its first port that no wire leaves yet. */
function addAfter(editor, id, kind) {
  const { model, kinds, edits, ui } = editor;
  const node = model.node(id);
  const at = node ? { x: node.position.x + BESIDE.x, y: node.position.y } : { x: 0, y: 0 };
  const ports = node ? portsOf(kinds.get(node.kind) ?? { ports: {} }, node) : [];
  const left = new Set(node ? model.outOf(id).map((wire) => wire.source_port) : []);
  const port = ports.find((one) => !left.has(one)) ?? ports[0];
  const wire = node && ports.length === 1 && left.size === 1 ? model.outOf(id).map((one) => one.id) : [];
  const made = wire.length === 1 && hasInput(kind) ? edits.add(kind.name, { at, parent: node.parent, wire: wire[0] }) : edits.add(kind.name, { at, parent: node?.parent ?? null, from: port && hasInput(kind) ? { node: id, port } : null });
  if (!made) return;
  ui.set({ selection: [made] });
  editor.select?.([made]);
  editor.openInspector(made);
}

export function AddDialog({ close }) {
  const editor = useEditor();
  const id = useUi((ui) => ui.adding);
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const rows = found([...editor.kinds.values()], query, (kind) => [kind.title, kind.name, kind.group, ...(kind.synonyms ?? [])]);
  const pick = (kind) => {
    close();
    addAfter(editor, id, kind);
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
      <Dialog.Title size="3">Add a node{editor.model.node(id) ? ` after “${editor.model.node(id).name || id}”` : ""}</Dialog.Title>
      <label className="qe-search qe-search-large">
        <Icon name="search" size={16} />
        <input autoFocus value={query} placeholder="Name of a kind" aria-label="Kind of the node" onKeyDown={keys} onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }} />
      </label>
      <div className="qe-command-list" role="listbox" aria-label="Kinds">
        {rows.map((kind, i) => (
          <div key={kind.name} role="option" aria-selected={i === at} className="qe-command qe-add-kind" data-testid={`add-${kind.name}`} onPointerMove={() => setAt(i)} onClick={() => pick(kind)}>
            <Tile kind={kind} size={24} /><span className="qc-clip">{kind.title}</span><small>{kind.group}</small>
          </div>
        ))}
      </div>
    </>
  );
}
