// The node that makes a text of what comes in, put into a wire and told of by the node behind it.

import { CARD, freeId, freeName, shownNames, snapped } from "./placing.js";
import { emptyTextField } from "./wiring.js";

const KIND = "set_fields";

/** Put it into the wire and let the empty text field behind it read what it gives: one undo step. Gives its id. */
export function addConverter(editor, wireId) {
  const { draft, edits, model, kinds } = editor;
  const wire = model.wires.get(wireId);
  if (!wire) return null;
  const [source, target] = [model.node(wire.source), model.node(wire.target)];
  const id = freeId("to_text", (taken) => draft.nodes.has(taken));
  const name = freeName("To text", shownNames(model, kinds));
  const at = snapped({ x: source.position.x + (source.size?.[0] ?? CARD.width) + 56, y: (source.position.y + target.position.y) / 2 });
  const field = emptyTextField(kinds.get(target.kind), target);
  const value = `{{ nodes.${source.id} | json }}`;
  draft.edit(() => {
    edits.put(id, { kind: KIND, kind_version: kinds.get(KIND).version, name, ...at, parent: target.parent ?? undefined, config: { fields: [{ name: "text", value }] } });
    edits.splice(wireId, id, kinds.get(KIND), "out");
    if (field) draft.nodes.get(target.id).get("config").set(field, `{{ nodes.${id}.text }}`);
  });
  return id;
}
