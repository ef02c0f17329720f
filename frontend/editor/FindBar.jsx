// Find and replace over the canvas: what matches is listed, marked and walked through.

import { memo, useEffect, useMemo, useRef, useState } from "react";
import { Icon } from "../components/icons.jsx";
import { exchanged, hits, parsed, replaceIn } from "./finding.js";
import { useEditor, useModel, useUi } from "./hooks.js";

const MOST = 200;

function Excerpt({ text, wanted }) {
  const at = wanted ? text.toLowerCase().indexOf(wanted) : -1;
  if (at < 0) return <span className="qc-clip">{text}</span>;
  const from = Math.max(0, at - 18);
  return <span className="qc-clip">{from > 0 && "…"}{text.slice(from, at)}<mark>{text.slice(at, at + wanted.length)}</mark>{text.slice(at + wanted.length, at + 80)}</span>;
}

function Hits({ found, at, wanted, onPick }) {
  const { model, kinds } = useEditor();
  const current = useRef(null);
  useEffect(() => {
    current.current?.scrollIntoView({ block: "nearest" });
  }, [at]);
  return (
    <div className="qe-hits" role="listbox" aria-label="What was found">
      {found.slice(0, MOST).map((hit, i) => (
        <div key={`${hit.id}/${hit.path.join("/")}`} ref={i === at ? current : null} role="option" aria-selected={i === at} className="qe-hit" data-testid={`hit-${hit.id}`} onClick={() => onPick(i)}>
          <b className="qc-clip">{model.node(hit.id)?.name || kinds.get(model.node(hit.id)?.kind)?.title || hit.id}</b>
          <small>{hit.path.filter((part) => part !== "config").join(" › ")}</small>
          <Excerpt text={hit.text.replace(/\s+/g, " ")} wanted={wanted} />
        </div>
      ))}
    </div>
  );
}

function Replace({ found, at, query, onDone }) {
  const editor = useEditor();
  const [other, setOther] = useState("");
  const { text: wanted } = parsed(query);
  const replace = (some) => {
    const count = replaceIn(editor, some, query, other);
    editor.ui.hint(count ? `${count} text${count === 1 ? "" : "s"} changed.` : "Nothing to change: ids follow when a node is renamed.");
    onDone();
  };
  return (
    <div className="qe-find-row">
      <label className="qe-search"><Icon name="pencil" size={14} /><input value={other} placeholder="Replace with" aria-label="Replace with" data-testid="replace-field" onChange={(event) => setOther(event.target.value)} /></label>
      <button type="button" className="qe-word" disabled={!wanted || !found[at]} title={found[at] && wanted ? exchanged(found[at].text, wanted, other).slice(0, 200) : undefined} onClick={() => replace([found[at]])}>Replace</button>
      <button type="button" className="qe-word" disabled={!wanted || !found.length} data-testid="replace-all" onClick={() => replace(found)}>All</button>
    </div>
  );
}

function OpenFind() {
  const editor = useEditor();
  const { ui, draft } = editor;
  const { query, at } = useUi((state) => state.find);
  const version = useModel((model) => model.version);
  const problems = useUi((state) => state.problems);
  const field = useRef(null);
  const found = useMemo(() => hits(editor, query), [editor, query, version, problems]);
  useEffect(() => {
    field.current?.select();
  }, []);
  useEffect(() => {
    editor.marks.found(new Set(found.map((hit) => hit.id)));
    return () => editor.marks.found(new Set());
  }, [editor, found]);
  const go = (to) => editor.finding.go(to);
  const keys = (event) => {
    if (event.key === "Escape") editor.finding.close();
    else if ((event.key === "Enter" && event.target === field.current) || event.key === "F3") go(at + (event.shiftKey ? -1 : 1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="qe-find qe-float" role="search" aria-label="Find in this workflow" data-testid="find" onKeyDown={keys}>
      <div className="qe-find-row">
        <label className="qe-search"><Icon name="search" size={14} /><input ref={field} autoFocus value={query} placeholder="Find names, ids, texts" aria-label="Find in this workflow" data-testid="find-field" title="Filters: is:invalid  is:disabled  is:pinned  is:locked  uses:<secret>" onChange={(event) => ui.set({ find: { open: true, query: event.target.value, at: -1 } })} /></label>
        <span className="qe-find-count" role="status">{query.trim() ? `${found.length ? Math.max(0, at) + (at < 0 ? 0 : 1) : 0} of ${found.length}` : ""}</span>
        <button type="button" className="qe-tool" title="Previous (Shift+F3)" aria-label="Previous" disabled={!found.length} onClick={() => go(at - 1)}><Icon name="chevron-up" size={15} /></button>
        <button type="button" className="qe-tool" title="Next (F3)" aria-label="Next" disabled={!found.length} onClick={() => go(at + 1)}><Icon name="chevron-down" size={15} /></button>
        <button type="button" className="qe-tool" title="Close (Esc)" aria-label="Close" onClick={() => editor.finding.close()}><Icon name="x" size={15} /></button>
      </div>
      {draft.canEdit && <Replace found={found} at={Math.max(0, at)} query={query} onDone={() => field.current?.focus()} />}
      {!query.trim() && <p className="qe-find-help">{["is:invalid", "is:disabled", "is:pinned", "uses:"].map((word) => <button key={word} type="button" className="qe-chip qk-chip" onClick={() => { ui.set({ find: { open: true, query: word, at: -1 } }); field.current?.focus(); }}>{word}</button>)}</p>}
      {found.length > 0 && <Hits found={found} at={at} wanted={parsed(query).text} onPick={go} />}
    </div>
  );
}

export const FindBar = memo(function FindBar() {
  const open = useUi((ui) => ui.find.open);
  return open ? <OpenFind /> : null;
});
