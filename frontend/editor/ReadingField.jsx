// A field that may read what other nodes gave: completion, fields dropped into it, unknown names underlined, and what it gives now.

import { useContext, useEffect, useMemo, useRef, useState } from "react";
import { Completion, choices, shown } from "./Completion.jsx";
import { asked, completed } from "./completion.js";
import { FieldPicker, ReadingNode } from "./FieldPicker.jsx";
import { MarkedText } from "./MarkedText.jsx";
import { asExpression, asFixed, hasHole, hole, only } from "./mode.js";
import { usePanel, usePreview, useReadable } from "./panel_context.js";
import { unreadable } from "./unread.js";

export const DRAGGED_PATH = "application/x-quadrille-path";
const NO_MARKS = [];
const PATH = /^\s*[\w.[\]"]*\s*$/; // a whole path is replaced, in a longer expression the new one is put in

function useCompletion(groups, { value, sort, onChange, box, readOnly }) {
  const [ask, setAsk] = useState(null);
  const [at, setAt] = useState(0);
  const rows = useMemo(() => (ask ? choices(groups, ask) : []), [groups, ask]);
  const look = (text, caret, typed) => {
    setAsk(readOnly ? null : asked(text, caret, sort, typed));
    setAt(0);
  };
  const pick = (row) => {
    const next = completed(value, box.current.selectionStart, ask, row.path, sort, row.back);
    setAsk(null);
    onChange(next.text);
    requestAnimationFrame(() => {
      box.current?.focus();
      box.current?.setSelectionRange(next.caret, next.caret);
    });
  };
  const keys = (event) => {
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      return look(value, box.current.selectionStart, " open");
    }
    if (!rows.length) return undefined;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((at + step + rows.length) % rows.length);
    else if (event.key === "Enter" || event.key === "Tab") pick(rows[at]);
    else if (event.key === "Escape") setAsk(null);
    else return undefined;
    event.preventDefault();
    event.stopPropagation();
    return undefined;
  };
  const list = ask && rows.length > 0 ? <Completion rows={rows} at={at} onPick={pick} onOver={setAt} /> : null;
  return { keys, look, list, close: () => setAsk(null) };
}

/** What a field gives now, or why it gives nothing. */
function Given({ preview, text, marks, name }) {
  if (marks.length) return <div className="qe-given" data-tone={marks[0].tone} data-testid={`preview-${name}`}>{marks[0].words}</div>;
  if (!preview) return null;
  const stale = preview.text !== text || undefined;
  const [flaw] = preview.flaws ?? [];
  if (preview.failed) return <div className="qe-given" data-tone="doubt" data-testid={`preview-${name}`}>{preview.failed}</div>;
  if (flaw && !preview.missing.length) return <div className="qe-given" data-tone="wrong" data-testid={`preview-${name}`} data-stale={stale}>{flaw.message} {flaw.fix}</div>;
  if (flaw && flaw.start !== undefined && /not an expression|There is no|not closed|is empty/.test(flaw.message)) return <div className="qe-given" data-tone="wrong" data-testid={`preview-${name}`} data-stale={stale}>{flaw.message} {flaw.fix}</div>;
  if (preview.missing[0] === "large") return <div className="qe-given" data-testid={`preview-${name}`}>The data is too large to be tried here.</div>;
  if (preview.missing.length) return <div className="qe-given" data-testid={`preview-${name}`}>Nothing is known of {preview.missing.join(", ")} yet: run it, or pin its output.</div>;
  const words = preview.value == null ? "nothing" : shown(preview.value) + (preview.cut ? " …" : "");
  return <div className="qe-given" data-value data-testid={`preview-${name}`} data-stale={stale} title={asFixed(preview.value)}><span>=</span> {words || "an empty text"}</div>;
}

function flawMarks(preview, text) {
  if (!preview || preview.text !== text || !preview.flaws?.length || preview.missing.length) return [];
  return preview.flaws.map(({ start, end }) => ({ start, end, tone: "wrong" }));
}

/** `sort` is "expression" or "template"; a template that is one hole alone is edited as the expression in it. */
export function ReadingField({ id, value, onChange, sort, label, readOnly, placeholder, takes, least = 1, mono = false, language, moded = true }) {
  const nodeId = useContext(ReadingNode);
  const panel = usePanel();
  const box = useRef(null);
  const text = String(value ?? "");
  const alone = sort === "expression" ? null : only(text);
  const bare = sort !== "expression" && nodeId && alone !== null;
  const inner = bare ? "expression" : sort;
  const shownText = bare ? alone : text;
  const { groups, samples } = useReadable(nodeId);
  const change = (next) => onChange(bare ? hole(next) : next);
  const completion = useCompletion(groups, { value: shownText, sort: inner, onChange: change, box, readOnly });
  const live = Boolean(nodeId) && (inner === "expression" ? shownText.trim() !== "" : hasHole(text));
  const preview = usePreview(id, shownText, inner, live);
  const unread = useMemo(() => (nodeId ? unreadable(shownText, inner, groups, samples) : []), [nodeId, shownText, inner, groups, samples]);
  const flaws = useMemo(() => flawMarks(preview, shownText), [preview, shownText]);
  const marks = completion.list ? NO_MARKS : unread.length ? unread : flaws; // what is being completed is not wrong yet
  const put = (path) => {
    const at = box.current;
    if (inner === "expression") return change(PATH.test(shownText) ? path : shownText.slice(0, at?.selectionStart) + path + shownText.slice(at?.selectionEnd));
    const [from, to] = at && document.activeElement === at ? [at.selectionStart, at.selectionEnd] : [text.length, text.length];
    return onChange(`${text.slice(0, from)}{{ ${path} }}${text.slice(to)}`);
  };
  const latest = useRef(put);
  latest.current = put;
  useEffect(() => () => panel?.leave(id), [panel, id]);

  const type = (event) => {
    const next = event.target.value;
    const caret = event.target.selectionStart;
    if (sort !== "expression" && nodeId && text === "" && next === "=") return onChange(hole(""));
    change(next);
    const typed = event.nativeEvent.data;
    if (typed && nodeId) completion.look(next, caret, typed);
    else completion.close();
    return undefined;
  };
  const flip = () => {
    if (!hasHole(text)) return onChange(asExpression(text));
    return onChange(preview && preview.text === shownText && !preview.flaws?.length && !preview.missing?.length ? asFixed(preview.value) : "");
  };
  const over = (event) => {
    if (readOnly || !event.dataTransfer.types.includes(DRAGGED_PATH)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    event.currentTarget.dataset.over = "true";
  };
  const drop = (event) => {
    delete event.currentTarget.dataset.over;
    const path = event.dataTransfer.getData(DRAGGED_PATH);
    if (!path || readOnly) return;
    event.preventDefault();
    event.stopPropagation();
    put(path);
  };
  const expressive = sort === "expression" || hasHole(text);
  const name = (id ?? "").replace(/^f\./, "");
  return (
    <div className="qe-reads" data-expression={bare || undefined} data-testid={`reads-${name}`} onDragOver={over} onDragLeave={(event) => delete event.currentTarget.dataset.over} onDrop={drop}>
      {moded && nodeId && sort !== "expression" && (
        <button type="button" className="qe-mode" data-testid={`mode-${name}`} disabled={readOnly} aria-pressed={expressive} title={expressive ? "An expression: click for a fixed text" : "A fixed text: click, or type “=”, for an expression"} onClick={flip}>{expressive ? "Expression" : "Fixed"}</button>
      )}
      <div className="qe-reads-box">
        {bare && <span className="qe-equals" aria-hidden="true">=</span>}
        <MarkedText
          boxRef={box}
          id={id}
          value={shownText}
          language={language ?? (inner === "expression" ? "expression" : "template")}
          marks={marks}
          least={least}
          mono={mono || inner === "expression"}
          readOnly={readOnly}
          placeholder={bare ? "An expression, such as input.amount" : placeholder}
          aria-label={label}
          wrong={marks.some((one) => one.tone === "wrong")}
          onKeyDown={completion.keys}
          onFocus={() => panel?.use(id, (path) => latest.current(path))}
          onBlur={completion.close}
          onChange={type}
        />
        {!readOnly && <FieldPicker label={label} takes={takes} onPick={put} />}
        {completion.list}
      </div>
      <Given preview={live ? preview : null} text={shownText} marks={live ? (completion.list ? NO_MARKS : unread) : NO_MARKS} name={name} />
    </div>
  );
}
