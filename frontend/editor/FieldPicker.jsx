// Chooses what a field reads from what the nodes before it give, instead of typing the expression.

import { createContext, useContext, useEffect, useState } from "react";
import { Popover } from "@radix-ui/themes";
import { api, entries } from "../components/api.js";
import { Icon } from "../components/icons.jsx";
import { found } from "./fuzzy.js";
import { useEditor } from "./hooks.js";
import { readable } from "./readable.js";

/** The node whose settings are drawn; forms without one, such as a run's input, read nothing. */
export const ReadingNode = createContext(null);
const NAMES = { text: "text", number: "a number", boolean: "yes or no", list: "a list", object: "an object", any: "anything" };

/** The outputs of the last run of this workflow, by node. */
async function lastOutputs(editor) {
  const runId = editor.live.run.id ?? entries(await api.get(`/runs?workflow=${encodeURIComponent(editor.workflowId)}&limit=1`))[0]?.id;
  if (!runId) return new Map();
  const steps = entries(await api.get(`/runs/${runId}/steps`));
  return new Map(steps.filter((step) => !step.path && step.output != null).map((step) => [step.node_id, step.output]));
}

function shown(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text === undefined ? "" : text.replace(/\s+/g, " ").slice(0, 80);
}

function Choices({ nodeId, takes, onPick }) {
  const editor = useEditor();
  const [samples, setSamples] = useState(() => new Map());
  const [query, setQuery] = useState("");
  useEffect(() => {
    let gone = false;
    lastOutputs(editor).then((outputs) => !gone && setSamples(outputs), () => {});
    return () => {
      gone = true;
    };
  }, [editor]);
  const groups = readable(editor, nodeId, samples).map((one) => ({ ...one, rows: found(one.entries, query, (row) => [row.title, row.path, one.title]) })).filter((one) => one.rows.length);
  const unfit = (type) => takes && type !== "any" && type !== takes;
  return (
    <>
      <label className="qe-search">
        <Icon name="search" size={14} />
        <input autoFocus value={query} placeholder="Search fields" aria-label="Search fields" onChange={(event) => setQuery(event.target.value)} />
      </label>
      <div className="qe-readable">
        {!groups.length && <p className="qe-none">{query ? "Nothing is called like that." : "Nothing leads to this node yet: wire it first."}</p>}
        {groups.map((one) => (
          <section key={one.title + one.path}>
            <h4 className="qc-clip" title={one.title}>{one.title}</h4>
            {one.rows.map((row) => (
              <button key={row.path} type="button" className="qe-readable-row" data-testid={`read-${row.path}`} disabled={unfit(row.type)} title={unfit(row.type) ? `This holds ${NAMES[row.type]}; ${NAMES[takes]} is wanted.` : row.path} onClick={() => onPick(row.path)}>
                <span className="qc-clip">{row.title}</span>
                <i data-type={row.type}>{row.type === "any" ? "" : row.type}</i>
                <small className="qc-clip">{row.value === undefined ? "" : shown(row.value)}</small>
              </button>
            ))}
          </section>
        ))}
      </div>
    </>
  );
}

/** A text with something put in at the cursor, or in place of what is selected. */
export function inserted(id, value, piece) {
  const at = document.getElementById(id);
  const from = at?.selectionStart ?? value.length;
  const to = at?.selectionEnd ?? value.length;
  return value.slice(0, from) + piece + value.slice(to);
}

/** The button beside a field; `onPick` gets a path such as `nodes.classify.label`. */
export function FieldPicker({ label, takes, onPick }) {
  const nodeId = useContext(ReadingNode);
  const [open, setOpen] = useState(false);
  if (!nodeId) return null;
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger>
        <button type="button" className="qe-tool qe-read" title="Choose what it reads" aria-label={`Choose what ${label} reads`}><Icon name="braces" size={14} /></button>
      </Popover.Trigger>
      <Popover.Content className="qe-dialog qe-picker-fields" width="340px" side="bottom" align="end" data-testid="field-picker" onKeyDown={(event) => event.key !== "Escape" && event.stopPropagation()}>
        <Choices nodeId={nodeId} takes={takes} onPick={(path) => {
          setOpen(false);
          onPick(path);
        }} />
      </Popover.Content>
    </Popover.Root>
  );
}
