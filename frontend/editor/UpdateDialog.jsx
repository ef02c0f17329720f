// Shows what would become of a node that takes the version of its kind that is here, or another kind, and does it.

import { useEffect, useMemo, useState } from "react";
import { Button, Dialog } from "@radix-ui/themes";
import { FieldTable } from "./FieldTable.jsx";
import { useEditor, useModel, useUi } from "./hooks.js";
import { Refused } from "./Refused.jsx";
import { fitted, rewired, take } from "./refit.js";

function Preview({ id, fit }) {
  const editor = useEditor();
  const { lost } = rewired(editor, id, fit);
  const titles = new Map(fit.changes.map((change) => [change.name, change.title]));
  const name = (at) => editor.model.node(at)?.name || at;
  return (
    <div data-testid="update-preview">
      {fit.changes.length ? <FieldTable fields={fit.changes.map(({ name: path, before, after }) => ({ path, before, after }))} titleOf={(path) => titles.get(path)} /> : <p className="qe-none">All settings stay as they are.</p>}
      {fit.missing.length > 0 && <p className="qe-lost">Still to be filled in: {fit.missing.join(", ")}.</p>}
      {lost.length > 0 && <p className="qe-lost">These wires have no place at the new node and go: {lost.map((wire) => `${name(wire.source)} → ${name(wire.target)} (${wire.source_port})`).join(", ")}.</p>}
    </div>
  );
}

export function UpdateDialog({ close }) {
  const editor = useEditor();
  const id = useUi((ui) => ui.updating);
  const node = useModel((model) => model.node(id) ?? null);
  const known = editor.kinds.has(node?.kind);
  const [chosen, choose] = useState(known ? node.kind : "");
  const [found, setFound] = useState({});
  const kinds = useMemo(() => [...editor.kinds.values()].sort((a, b) => a.title.localeCompare(b.title)), [editor]);
  useEffect(() => {
    if (!chosen || !node) return undefined;
    let gone = false;
    fitted(editor, id, chosen).then((fit) => !gone && setFound({ fit }), (problem) => !gone && setFound({ problem }));
    return () => {
      gone = true;
    };
  }, [editor, id, chosen, node]);
  if (!node) return <Dialog.Title size="4">The node is gone.</Dialog.Title>;
  const title = editor.kinds.get(chosen)?.title;
  return (
    <>
      <Dialog.Title size="4">Update “{node.name || node.id}”</Dialog.Title>
      <Dialog.Description size="2" color="gray">
        {known ? `It was made with version ${node.kind_version ?? 1} of ${title}; here is version ${editor.kinds.get(node.kind).version}.` : `“${node.kind}” is not installed here. Choose a kind that takes its place; wires and fitting settings stay.`}
      </Dialog.Description>
      {!known && (
        <select className="qe-select qe-update-kind" aria-label="Kind that takes its place" value={chosen} onChange={(event) => {
          setFound({});
          choose(event.target.value);
        }}>
          <option value="">Choose a kind …</option>
          {kinds.map((kind) => <option key={kind.name} value={kind.name}>{kind.title}</option>)}
        </select>
      )}
      <Refused problem={found.problem} close={close} />
      {found.fit && <Preview id={id} fit={found.fit} />}
      <div className="qe-dialog-foot">
        <Button variant="soft" color="gray" onClick={close}>Cancel</Button>
        <Button data-testid="update-confirm" disabled={!found.fit} onClick={() => {
          take(editor, id, found.fit);
          close();
        }}>Update</Button>
      </div>
    </>
  );
}
