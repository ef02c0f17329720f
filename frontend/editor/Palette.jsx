// The palette: every kind by section, to drag onto the canvas or to add with a click.

import { memo, useMemo, useState } from "react";
import { Icon } from "../components/icons.jsx";
import { isGroup, SECTIONS } from "../components/kinds.js";
import { Tile } from "../components/NodeCard.jsx";
import { found } from "./fuzzy.js";
import { DRAGGED_KIND } from "./gestures.js";
import { useEditor, useUi } from "./hooks.js";

function drag(event, kind, editor) {
  editor.draggedKind = kind;
  event.dataTransfer.setData(DRAGGED_KIND, kind.name);
  event.dataTransfer.effectAllowed = "copy";
  const ghost = event.currentTarget.cloneNode(true);
  ghost.classList.add("qe-ghost");
  event.currentTarget.closest(".qe-editor").append(ghost);
  event.dataTransfer.setDragImage(ghost, 116, 24);
  setTimeout(() => ghost.remove());
}

/** Where a click puts a node: to the right of the selected one and wired to it, else into the middle of what is seen. */
function addByClick(editor, kind) {
  const box = editor.frame.getBoundingClientRect();
  const middle = editor.flow.screenToFlowPosition({ x: box.left + box.width / 2, y: box.top + box.height / 2 });
  const clash = (at) => [...editor.model.nodes.values()].some((node) => {
    const there = editor.model.absolute(node);
    return Math.abs(there.x - at.x) < 200 && Math.abs(there.y - at.y) < 72;
  });
  const at = { x: middle.x - 116, y: middle.y - 40 };
  while (clash(at)) at.y += 96;
  editor.addAt(kind.name, at);
}

function Item({ kind }) {
  const editor = useEditor();
  return (
    <button
      type="button"
      className="qe-palette-item"
      draggable
      data-testid={`palette-item-${kind.name}`}
      title={kind.help.split("\n")[0]}
      onDragStart={(event) => drag(event, kind, editor)}
      onClick={() => addByClick(editor, kind)}
    >
      <Tile kind={kind} size={24} />
      <span className="qc-clip">{kind.title}</span>
    </button>
  );
}

export const Palette = memo(function Palette() {
  const { kinds, draft, run } = useEditor();
  const shown = useUi((ui) => ui.palette);
  const [query, setQuery] = useState("");
  const sections = useMemo(() => {
    const fitting = found([...kinds.values()].filter((kind) => !isGroup(kind)), query, (kind) => [kind.title, kind.name, kind.group, ...(kind.synonyms ?? []), kind.help.split("\n")[0]]);
    return SECTIONS.map((name) => [name, fitting.filter((kind) => kind.group === name)]).filter(([, of]) => of.length);
  }, [kinds, query]);
  if (!draft.canEdit) return null;
  if (!shown) {
    return (
      <button type="button" className="qe-palette-folded qe-float" title="Show the palette (\)" aria-label="Show the palette" onClick={() => run("palette")}>
        <Icon name="plus" size={18} />
      </button>
    );
  }
  return (
    <aside className="qe-palette qe-float" aria-label="Palette" data-testid="palette">
      <div className="qe-palette-head">
        <label className="qe-search">
          <Icon name="search" size={14} />
          <input value={query} placeholder="Search nodes" aria-label="Search nodes" onChange={(event) => setQuery(event.target.value)} />
          {!query && <kbd title="Press N anywhere on the canvas">N</kbd>}
        </label>
        <button type="button" className="qe-tool" title="Hide the palette (\)" aria-label="Hide the palette" onClick={() => run("palette")}>
          <Icon name="panel-left" size={15} />
        </button>
      </div>
      <div className="qe-palette-list">
        {sections.map(([name, of]) => (
          <section key={name} aria-label={name}>
            <h3>{name}</h3>
            {of.map((kind) => <Item key={kind.name} kind={kind} />)}
          </section>
        ))}
        {sections.length === 0 && <p className="qe-none">No kind is called that.</p>}
      </div>
    </aside>
  );
});
