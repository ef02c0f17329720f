// What differs, as a list: the chosen change stands open with its fields.

import { memo, useEffect, useRef } from "react";
import { kindOf } from "../components/flow.js";
import { Icon } from "../components/icons.jsx";
import { FieldTable } from "./FieldTable.jsx";
import { useEditor } from "./hooks.js";

const SIGNS = { added: "plus", removed: "minus", changed: "pencil", moved: "move" };
const WHAT = { workflow: "Workflow", sample: "Sample input", node: "Node", wire: "Wire" };
const TITLES = { name: "Name", note: "Note", retry: "Attempts", timeout_seconds: "Time limit", cache_seconds: "Keep the result", on_error: "On error", disabled: "Disabled", parent: "Container", kind: "Kind", kind_version: "Version of the kind", description: "Description", max_parallel: "Steps at once", pinned: "Pinned output", compensate_with: "Undone by", default_output: "Output in place of an error", position: "Place", size: "Size", label: "Label", value: "Value" };

function Row({ change, chosen, onChoose, ticks }) {
  const { kinds } = useEditor();
  const row = useRef(null);
  useEffect(() => {
    if (chosen) row.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const kind = change.kind ? kindOf(kinds, change.kind) : null;
  const titleOf = (path) => (path.startsWith("config.") ? (kind?.schema?.properties?.[path.slice(7)]?.title ?? path.slice(7)) : (TITLES[path] ?? path));
  return (
    <li ref={row} className={ticks ? "qe-ticked" : undefined}>
      {ticks && <input type="checkbox" aria-label={`Take over: ${change.name}, ${WHAT[change.what].toLowerCase()} ${change.how}`} data-testid={`tick-${change.id}`} checked={ticks.has(change)} onChange={(event) => ticks.tick(change, event.target.checked)} />}
      <button type="button" className="qe-change" data-how={change.how} data-testid={`change-${change.id}`} aria-expanded={chosen} onClick={onChoose}>
        <Icon name={SIGNS[change.how]} size={14} />
        <span className="qc-clip" title={change.name}>{change.name}</span>
        <small>{WHAT[change.what]} {change.how}{change.moved && change.how === "changed" ? ", moved" : ""}</small>
      </button>
      {chosen && change.fields.length > 0 && <FieldTable fields={change.fields} titleOf={titleOf} />}
    </li>
  );
}

export const ChangeList = memo(function ChangeList({ changes, at, onChoose, ticks = null }) {
  if (!changes.length) return <p className="qe-none">Nothing differs.</p>;
  return (
    <ol className="qe-changes" aria-label="Changes">
      {changes.map((change, i) => <Row key={`${change.what} ${change.id}`} change={change} chosen={i === at} onChoose={() => onChoose(i)} ticks={ticks} />)}
    </ol>
  );
});
