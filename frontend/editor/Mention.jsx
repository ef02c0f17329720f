// A text in which "@" offers the team's people by name, and the same text read.

import { useEffect, useState } from "react";
import { found } from "./fuzzy.js";
import { partsOf, teamOf } from "./comments.js";
import { useEditor } from "./hooks.js";

const MOST = 5;

function useTeam() {
  const editor = useEditor();
  const [names, setNames] = useState([]);
  useEffect(() => {
    let gone = false;
    teamOf(editor).then((all) => !gone && setNames(all));
    return () => {
      gone = true;
    };
  }, [editor]);
  return names;
}

/** What stands between the last "@" and the cursor, as long as it may be a name. */
function begun(text, at) {
  const from = text.lastIndexOf("@", at - 1);
  const typed = from < 0 ? "" : text.slice(from + 1, at);
  return from < 0 || /[\n@]/.test(typed) || typed.length > 40 || /\w$/.test(text.slice(0, from)) ? null : { from, typed };
}

export function MentionBox({ text, setText, onKeep, onCancel, label = "Comment", hint = "What should others know? @ names somebody." }) {
  const names = useTeam();
  const [cursor, setCursor] = useState(0);
  const [at, setAt] = useState(0);
  const [closed, setClosed] = useState(false);
  const start = closed ? null : begun(text, cursor);
  const offered = start ? found(names.map((name) => ({ name })), start.typed, (one) => [one.name]).slice(0, MOST) : [];
  const pick = ({ name }) => {
    const next = `${text.slice(0, start.from)}@${name} `;
    setText(next + text.slice(cursor));
    setCursor(next.length);
    setClosed(true);
  };
  const onKeyDown = (event) => {
    event.stopPropagation();
    const open = offered.length > 0;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) setAt((at + (event.key === "ArrowDown" ? 1 : offered.length - 1)) % offered.length);
    else if (open && (event.key === "Enter" || event.key === "Tab") && !event.ctrlKey) pick(offered[at] ?? offered[0]);
    else if (open && event.key === "Escape") setClosed(true);
    else if (event.key === "Escape") onCancel();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onKeep();
    else return;
    event.preventDefault();
  };
  const see = (event) => setCursor(event.target.selectionStart);
  return (
    <div className="qe-mention">
      <textarea
        autoFocus
        rows={3}
        maxLength={10000}
        aria-label={label}
        aria-autocomplete="list"
        placeholder={hint}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setClosed(false);
          setAt(0);
          see(event);
        }}
        onSelect={see}
        onKeyDown={onKeyDown}
      />
      {offered.length > 0 && (
        <div className="qe-mention-list qe-float" role="listbox" aria-label="People of the team">
          {offered.map((one, i) => (
            <div key={one.name} role="option" aria-selected={i === at} className="qe-command" onPointerDown={(event) => {
              event.preventDefault();
              pick(one);
            }}>
              <span className="qc-clip">{one.name}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

export function Mentioning({ text }) {
  const { me } = useEditor();
  const names = useTeam();
  return partsOf(text, names).map((part, i) => (part.name ? <mark key={i} className="qe-named" data-me={part.name === me.name || undefined}>{part.text}</mark> : part.text));
}
