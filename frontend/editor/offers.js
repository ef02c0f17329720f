// What the canvas offers instead of a bare no: a loop for a circle of wires, a text made of JSON.

import { addConverter } from "./converter.js";
import { loopAround, makeLoop } from "./loops.js";
import { firstPort, wantsText } from "./wiring.js";
import { wireKey } from "../components/flow.js";

const nameOf = ({ model, kinds }, id) => model.node(id)?.name || kinds.get(model.node(id)?.kind)?.title || id;

/** `screen` is where the pointer let go; the offer stands there. */
export function offerLoop(editor, { source, port, target, screen }) {
  const around = loopAround(editor, source, target);
  if (!around) return editor.ui.hint("This would make a circle. Put the nodes into a Loop instead.", "warning");
  const names = around.map((id) => `“${nameOf(editor, id)}”`);
  const of = names.length > 3 ? `${names.length} nodes` : names.join(" and ");
  return editor.ui.set({
    offer: {
      name: "loop",
      at: screen,
      title: "Make this a loop?",
      text: `This would make a circle. A Loop around ${of} plays them again until its condition holds.`,
      accept: "Make it a loop",
      run: () => {
        const id = makeLoop(editor, { source, port, target });
        editor.select([id]);
        editor.openInspector(id);
      },
    },
  });
}

/** The wire is drawn already; the offer is to put something between. */
export function offerText(editor, { source, port, target, screen }) {
  if (!wantsText(editor, source, port, target)) return;
  editor.ui.set({
    offer: {
      name: "text",
      at: screen,
      title: "Make it a text?",
      text: `“${nameOf(editor, source)}” gives JSON, “${nameOf(editor, target)}” reads a text. A node between them can turn one into the other.`,
      accept: "Put “To text” in between",
      run: () => {
        const id = addConverter(editor, wireKey(source, port, target));
        if (id) editor.select([id]);
      },
    },
  });
}

/** The same for a wire that came with a new node. */
export function offerTextFor(editor, id, { from, into, wire }) {
  const screen = () => editor.flow.flowToScreenPosition(editor.model.absolute(editor.model.node(id)));
  if (from) offerText(editor, { source: from.node, port: from.port, target: id, screen: screen() });
  if (into) offerText(editor, { source: id, port: firstPort(editor, id), target: into.node, screen: screen() });
  if (wire) {
    const [before] = editor.model.into(id);
    if (before) offerText(editor, { source: before.source, port: before.source_port, target: id, screen: screen() });
  }
}
