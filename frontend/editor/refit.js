// A node takes another version of its kind, or another kind: asked of the server first, then done as one step.

import * as Y from "yjs";
import { api } from "../components/api.js";
import { hasInput, portsOf } from "../components/kinds.js";

/** Problems that end when the node takes what is installed here. */
export const UPDATABLE = new Set(["older_kind", "newer_kind", "unknown_kind", "missing_secret"]);

/** The dialog that shows what would change. */
export const dialogFor = (problem) => (problem.code === "missing_secret" ? "secret" : "update");

/** What the settings would become; nothing is changed yet. */
export function fitted(editor, id, kindName) {
  const { kind, kind_version = 1, config } = editor.model.node(id);
  return api.post(`/kinds/${encodeURIComponent(kindName)}/fit`, { kind, kind_version, config });
}

/** Where each wire that leaves the node would leave it: by the same port, by the only one, else nowhere. */
export function rewired(editor, id, fit) {
  const kind = editor.kinds.get(fit.kind);
  const node = editor.model.node(id);
  const ports = portsOf(kind, { ...node, config: fit.config });
  const plain = ports.filter((port) => port !== "error");
  const leaving = editor.model.outOf(id).map((wire) => ({ wire, port: ports.includes(wire.source_port) ? wire.source_port : plain.length === 1 ? plain[0] : null }));
  const entering = hasInput(kind) ? [] : editor.model.into(id);
  return { leaving, lost: [...leaving.filter(({ port }) => !port).map(({ wire }) => wire), ...entering] };
}

export function take(editor, id, fit) {
  const { draft, edits } = editor;
  const { leaving, lost } = rewired(editor, id, fit);
  const map = draft.nodes.get(id);
  if (!map) return;
  draft.edit(() => {
    map.set("kind", fit.kind);
    map.set("kind_version", fit.kind_version);
    map.set("config", new Y.Map(Object.entries(fit.config)));
    for (const wire of lost) draft.wires.delete(wire.id);
    for (const { wire, port } of leaving) {
      if (!port || port === wire.source_port) continue;
      draft.wires.delete(wire.id);
      edits.putWire(id, port, wire.target, { label: wire.label });
    }
  });
}
