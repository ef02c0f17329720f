// The quick picker: type a few letters, Enter puts the node where the pointer is, wired if it came from a port or wire.

import { memo, useEffect, useMemo, useRef, useState } from "react";
import { Icon } from "../components/icons.jsx";
import { SECTIONS } from "../components/kinds.js";
import { Tile } from "../components/NodeCard.jsx";
import { found } from "./fuzzy.js";
import { useEditor, useUi } from "./hooks.js";
import { CARD, fitting } from "./placing.js";
import { remembered } from "./ui.js";

const SIZE = { width: 320, height: 380 };
const RECENT = "recent-kinds";

function ordered(kinds, query) {
  const recent = remembered.get(RECENT, []);
  const rank = (kind) => {
    const at = recent.indexOf(kind.name);
    return at < 0 ? 100 + SECTIONS.indexOf(kind.group) : at;
  };
  const all = [...kinds].sort((a, b) => rank(a) - rank(b));
  return found(all, query, (kind) => [kind.title, kind.name, kind.group, kind.help.split("\n")[0]]);
}

function insert(editor, kind, { from, into, wire, flow }) {
  remembered.set(RECENT, [kind.name, ...remembered.get(RECENT, []).filter((name) => name !== kind.name)].slice(0, 8));
  editor.ui.set({ picker: null });
  const shift = into ? CARD.width : from ? 0 : CARD.width / 2;
  editor.addAt(kind.name, { x: flow.x - shift, y: flow.y - 24 }, { from, into, wire });
}

function Rows({ kinds, at, onPick, onHover }) {
  const current = useRef(null);
  useEffect(() => {
    current.current?.scrollIntoView({ block: "nearest" }); // gives a promise in new browsers, which is no clean-up
  }, [at]);
  return (
    <div className="qe-picker-list" role="listbox" id="qe-picker-list" aria-label="Kinds of nodes">
      {kinds.map((kind, i) => (
        <div
          key={kind.name}
          ref={i === at ? current : null}
          role="option"
          id={`qe-pick-${kind.name}`}
          aria-selected={i === at}
          className="qe-picker-row"
          data-testid={`picker-item-${kind.name}`}
          onPointerMove={() => onHover(i)}
          onClick={() => onPick(kind)}
        >
          <Tile kind={kind} size={26} />
          <span className="qe-picker-words">
            <b>{kind.title}</b>
            <small className="qc-clip">{kind.help.split("\n")[0]}</small>
          </span>
        </div>
      ))}
      {kinds.length === 0 && <p className="qe-none">No kind fits these letters.</p>}
    </div>
  );
}

function OpenPicker({ picker }) {
  const editor = useEditor();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const kinds = useMemo(() => ordered(fitting(editor.kinds, picker, editor.kinds.get(editor.parentOf(picker)?.kind)), query), [editor, picker, query]);
  const box = editor.frame.getBoundingClientRect();
  const left = Math.min(Math.max(8, picker.at.x - box.left), box.width - SIZE.width - 8);
  const top = Math.min(Math.max(8, picker.at.y - box.top), box.height - SIZE.height - 8);
  const close = () => {
    editor.ui.set({ picker: null });
    editor.frame.querySelector(".react-flow__pane")?.focus?.();
  };
  const keys = (event) => {
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, kinds.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "Enter" && kinds[at]) insert(editor, kinds[at], picker);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      <div className="qe-picker-shade" onPointerDown={close} />
      <div className="qe-picker qe-float" data-testid="picker" role="dialog" aria-label="Add a node" style={{ left, top }}>
        <label className="qe-search">
          <Icon name="search" size={15} />
          <input
            autoFocus
            value={query}
            placeholder={picker.wire ? "Put into this wire …" : picker.from ? "What comes next …" : "Add a node …"}
            aria-label="Search kinds of nodes"
            role="combobox"
            aria-expanded="true"
            aria-controls="qe-picker-list"
            aria-activedescendant={kinds[at] ? `qe-pick-${kinds[at].name}` : undefined}
            onChange={(event) => {
              setQuery(event.target.value);
              setAt(0);
            }}
            onKeyDown={keys}
          />
        </label>
        <Rows kinds={kinds} at={at} onHover={setAt} onPick={(kind) => insert(editor, kind, picker)} />
      </div>
    </>
  );
}

export const Picker = memo(function Picker() {
  const picker = useUi((ui) => ui.picker);
  return picker && <OpenPicker key={`${picker.at.x},${picker.at.y}`} picker={picker} />;
});
