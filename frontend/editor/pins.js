// Pinned outputs: frozen in the diagram, given in trial runs instead of playing the node, and ignored in production.

import { portsOf } from "../components/kinds.js";

const UNPLAYED = new Set(["note", "start", "exit"]);

const write = (map, field, value) => (value === undefined || value === null ? map.delete(field) : map.set(field, value));

/** Pin what these nodes gave last, or unpin them where all are pinned; one step. */
export function togglePins(editor, ids) {
  const { model, data, draft, ui, kinds } = editor;
  const nodes = ids.map(model.node).filter((node) => node && !UNPLAYED.has(kinds.get(node.kind)?.role));
  if (!nodes.length) return;
  if (nodes.every((node) => node.pinned != null)) return unpin(editor, nodes.map((node) => node.id));
  const known = nodes.filter((node) => node.pinned == null && data.output(node.id) !== undefined);
  if (!known.length) return ui.hint("Nothing is known of what this gives: run it first, or write its output by hand.", "warning");
  draft.edit(() => {
    for (const node of known) {
      const map = draft.nodes.get(node.id);
      const port = data.node(node.id)?.port;
      map.set("pinned", structuredClone(data.output(node.id)));
      write(map, "pinned_port", port && port !== portsOf(kinds.get(node.kind), node)[0] ? port : undefined);
    }
  });
  return ui.hint(known.length < nodes.length ? `Pinned ${known.length} of ${nodes.length}: nothing is known of the others.` : "Pinned: used in trial runs, ignored in production.");
}

export function unpin({ draft, model }, ids) {
  draft.edit(() => {
    for (const id of ids) if (model.node(id)?.pinned != null) for (const field of ["pinned", "pinned_port"]) draft.nodes.get(id).delete(field);
  });
}

export const unpinAll = (editor) => unpin(editor, [...editor.model.nodes.keys()]);

/** Pin this output by hand. */
export function pinAs({ draft }, id, value, port) {
  draft.edit(() => {
    const map = draft.nodes.get(id);
    write(map, "pinned", value);
    write(map, "pinned_port", port);
  }, `${id}.pinned`);
}
