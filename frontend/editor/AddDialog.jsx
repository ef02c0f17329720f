// Adds a node after another without a pointer: a list of kinds to find by name.

import { Dialog } from "@radix-ui/themes";
import { hasInput, portsOf } from "../components/kinds.js";
import { Tile } from "../components/NodeCard.jsx";
import { FindList } from "./FindList.jsx";
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

const sift = (kinds) => (query) => found([...kinds.values()], query, (kind) => [kind.title, kind.name, kind.group, ...(kind.synonyms ?? [])]);
const draw = (kind) => <><Tile kind={kind} size={24} /><span className="qc-clip qe-command-title">{kind.title}</span><small>{kind.group}</small></>;

export function AddDialog({ close }) {
  const editor = useEditor();
  const id = useUi((ui) => ui.adding);
  const node = editor.model.node(id);
  const pick = (kind) => {
    close();
    addAfter(editor, id, kind);
  };
  return (
    <>
      <Dialog.Title size="3">Add a node{node ? ` after “${node.name || id}”` : ""}</Dialog.Title>
      <FindList id="qe-add" label="Kind of the node" placeholder="Name of a kind" things="Kinds" none="No kind is called like that." sift={sift(editor.kinds)} keyOf={(kind) => `add-${kind.name}`} draw={draw} onPick={pick} />
    </>
  );
}
