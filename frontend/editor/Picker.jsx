// The quick picker: type a few letters, Enter puts the node where the pointer is, wired if it came from a port or wire.

import { memo, useEffect, useMemo, useRef, useState } from "react";
import { Icon } from "../components/icons.jsx";
import { Tile } from "../components/NodeCard.jsx";
import { useEditor, useUi } from "./hooks.js";
import { rowsFor, useNow } from "./picker_rows.js";
import { CARD, fitting } from "./placing.js";

const SIZE = { width: 320, height: 380 };

function insert(editor, kind, { from, into, wire, flow }) {
  useNow(kind);
  editor.ui.set({ picker: null });
  const shift = into ? CARD.width : from ? 0 : CARD.width / 2;
  editor.addAt(kind.name, { x: flow.x - shift, y: flow.y - 24 }, { from, into, wire, pointer: flow });
}

function KindRow({ kind }) {
  return (
    <>
      <Tile kind={kind} size={26} />
      <span className="qe-picker-words">
        <b>{kind.title}</b>
        <small className="qc-clip">{kind.help.split("\n")[0]}</small>
      </span>
    </>
  );
}

function SectionRow({ section, open, count }) {
  return (
    <>
      <Icon name={open ? "chevron-down" : "chevron-right"} size={13} />
      <span>{section}</span>
      {!open && <small>{count}</small>}
    </>
  );
}

const idOf = (row) => `qe-pick-${row.kind?.name ?? row.section.replaceAll(" ", "-")}`;

function Rows({ rows, at, onPick, onHover }) {
  const current = useRef(null);
  useEffect(() => {
    current.current?.scrollIntoView({ block: "nearest" }); // gives a promise in new browsers, which is no clean-up
  }, [at]);
  return (
    <div className="qe-picker-list" role="listbox" id="qe-picker-list" aria-label="Kinds of nodes">
      {rows.map((row, i) => (
        <div
          key={idOf(row)}
          ref={i === at ? current : null}
          role="option"
          id={idOf(row)}
          aria-selected={i === at}
          aria-expanded={row.kind ? undefined : row.open}
          className={row.kind ? "qe-picker-row" : "qe-picker-section"}
          data-testid={row.kind ? `picker-item-${row.kind.name}` : `picker-section-${row.section}`}
          onPointerMove={() => onHover(i)}
          onClick={() => onPick(row)}
        >
          {row.kind ? <KindRow kind={row.kind} /> : <SectionRow {...row} />}
        </div>
      ))}
      {rows.length === 0 && <p className="qe-none">No kind fits these letters.</p>}
    </div>
  );
}

function useRows(editor, picker) {
  const [query, setQuery] = useState("");
  const [folded, setFolded] = useState(() => new Set());
  const kinds = useMemo(() => fitting(editor.kinds, picker, editor.kinds.get(editor.parentOf(picker)?.kind)), [editor, picker]);
  const rows = useMemo(() => rowsFor(kinds, query, folded), [kinds, query, folded]);
  const [at, setAt] = useState(() => Math.max(0, rows.findIndex((row) => row.kind)));
  const fold = (section, close) => {
    const next = new Set(folded);
    if (close) next.add(section);
    else next.delete(section);
    setFolded(next);
    setAt(rows.findIndex((row) => row.section === section && !row.kind));
  };
  const type = (text) => {
    setQuery(text);
    setAt(text.trim() ? 0 : Math.max(0, rowsFor(kinds, text, folded).findIndex((row) => row.kind)));
  };
  return { query, rows, at, setAt, fold, type };
}

const SAYS = ({ wire, from, into }) => (wire ? "Put into this wire …" : from ? "What comes next …" : into ? "What comes before …" : "Add a node …");

function OpenPicker({ picker }) {
  const editor = useEditor();
  const { query, rows, at, setAt, fold, type } = useRows(editor, picker);
  const box = editor.frame.getBoundingClientRect();
  const left = Math.min(Math.max(8, picker.at.x - box.left), box.width - SIZE.width - 8);
  const top = Math.min(Math.max(8, picker.at.y - box.top), box.height - SIZE.height - 8);
  const close = () => {
    editor.ui.set({ picker: null });
    editor.frame.querySelector(".react-flow__pane")?.focus?.();
  };
  const pick = (row) => (row.kind ? insert(editor, row.kind, picker) : fold(row.section, row.open));
  const keys = (event) => {
    const row = rows[at];
    const sideways = !query && row?.section;
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, rows.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "ArrowLeft" && sideways) fold(row.section, true);
    else if (event.key === "ArrowRight" && sideways) fold(row.section, false);
    else if (event.key === "Enter" && row) pick(row);
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
            placeholder={SAYS(picker)}
            aria-label="Search kinds of nodes"
            role="combobox"
            aria-expanded="true"
            aria-controls="qe-picker-list"
            aria-activedescendant={rows[at] && idOf(rows[at])}
            onChange={(event) => type(event.target.value)}
            onKeyDown={keys}
          />
        </label>
        <Rows rows={rows} at={at} onHover={setAt} onPick={pick} />
      </div>
    </>
  );
}

export const Picker = memo(function Picker() {
  const picker = useUi((ui) => ui.picker);
  return picker && <OpenPicker key={`${picker.at.x},${picker.at.y}`} picker={picker} />;
});
