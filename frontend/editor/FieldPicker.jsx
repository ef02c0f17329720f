// Chooses what a field reads from what the nodes before it give, instead of typing the expression.

import { createContext, useContext, useState } from "react";
import { Popover } from "@radix-ui/themes";
import { Icon } from "../components/icons.jsx";
import { shown } from "./Completion.jsx";
import { found } from "./fuzzy.js";
import { useReadable } from "./panel_context.js";

/** The node whose settings are drawn; forms without one, such as a run's input, read nothing. */
export const ReadingNode = createContext(null);
const NAMES = { text: "text", number: "a number", boolean: "yes or no", list: "a list", object: "an object", any: "anything" };

function Choices({ nodeId, takes, onPick }) {
  const [query, setQuery] = useState("");
  const groups = useReadable(nodeId).groups.map((one) => ({ ...one, rows: found(one.entries, query, (row) => [row.title, row.path, one.title]) })).filter((one) => one.rows.length);
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
