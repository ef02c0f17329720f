// The name on a card, or a field over it while somebody renames the node (F2, or a double click on the name).

import { useCallback, useState } from "react";
import { Icon } from "../components/icons.jsx";
import { useEditor, useUi } from "./hooks.js";
import { InPlace } from "./InPlace.jsx";
import { references } from "./references.js";
import { idFor, rename } from "./rename.js";

/** Somebody else at work on a node would lose what they type if it became another node. */
const othersHere = ({ presence }, id) => presence.peers.some((peer) => peer.selection.includes(id) || peer.editing?.startsWith(`${id}.`));

function renamed(editor, id, name) {
  const next = rename(editor, id, name, { keepId: othersHere(editor, id) });
  if (next === id) return;
  editor.live.renamed?.(id, next);
  editor.select([next]);
  if (editor.ui.state.inspector === id) editor.ui.set({ inspector: next });
}

function Readers({ node, text }) {
  const editor = useEditor();
  const readers = [...new Set(references(editor).filter((pair) => pair.from === node.id).map((pair) => pair.to))];
  const next = othersHere(editor, node.id) ? node.id : idFor(editor, node.id, text.trim() || node.id);
  if (!readers.length && next === node.id) return null;
  const names = readers.map((id) => editor.model.node(id).name || id);
  return (
    <div className="qe-readers" data-testid="readers">
      {next !== node.id && <span>Expressions call it <code>{next}</code></span>}
      {readers.length > 0 && <span title={names.join(", ")}><Icon name="braces" size={11} /> Read by {names.slice(0, 4).join(", ")}{names.length > 4 ? ` and ${names.length - 4} more` : ""}</span>}
    </div>
  );
}

function Field({ node }) {
  const editor = useEditor();
  const [text, setText] = useState(node.name ?? "");
  const finish = (keep) => {
    if (editor.ui.state.renaming !== node.id) return; // Enter ended it, and the field that goes tells it again
    editor.ui.set({ renaming: null });
    if (keep && text.trim() && text.trim() !== node.name) renamed(editor, node.id, text.trim());
    editor.frame.querySelector(`.react-flow__node[data-id="${editor.ui.state.selection[0]}"]`)?.focus({ preventScroll: true });
  };
  return (
    <>
      <InPlace className="qe-rename nodrag nopan" label="Name of the node" value={text} onChange={setText} onDone={finish} />
      <Readers node={node} text={text} />
    </>
  );
}

export function Title({ node, fallback }) {
  const { draft, ui } = useEditor();
  const renaming = useUi((state) => state.renaming === node.id);
  const start = useCallback(
    (event) => {
      event.stopPropagation();
      if (draft.canEdit) ui.set({ renaming: node.id });
    },
    [draft, ui, node.id],
  );
  return renaming ? <Field node={node} /> : <span onDoubleClick={start}>{node.name || fallback}</span>;
}
