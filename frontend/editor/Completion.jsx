// The list of fields under a text that asks for one.

import { wordRows } from "./expression_words.js";
import { found } from "./fuzzy.js";

const MOST = 30;

export const shown = (value) => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text === undefined ? "" : text.replace(/\s+/g, " ").slice(0, 80);
};

export function choices(groups, ask) {
  const { query } = ask;
  if (ask.filters) return wordRows(ask);
  const all = groups.flatMap((group) => group.entries.map((row) => ({ ...row, group: group.title })));
  const exact = query ? all.filter((row) => row.path.startsWith(query)) : [];
  const rest = query ? found(all, query.replace(/^nodes\.?/, ""), (row) => [row.path, row.title, row.group]) : all;
  return [...[...new Set([...exact, ...rest])].slice(0, MOST), ...wordRows(ask)];
}

export function Completion({ rows, at, onPick, onOver }) {
  return (
    <div className="qe-completion qe-float" role="listbox" aria-label="Fields to read" data-testid="completion" onMouseDown={(event) => event.preventDefault()}>
      {rows.map((row, i) => (
        <div key={row.path} role="option" aria-selected={i === at} ref={(element) => i === at && element?.scrollIntoView({ block: "nearest" })} data-testid={`complete-${row.path}`} className="qe-completion-row" data-word={row.label ? "" : undefined} title={row.help ?? `${row.group}: ${row.path}`} onMouseMove={() => onOver(i)} onClick={() => onPick(row)}>
          <code className="qc-clip">{row.label ?? row.path}</code>
          <i>{row.type === "any" ? "" : row.type}</i>
          <small className="qc-clip">{row.help ?? (row.value === undefined ? row.title : shown(row.value))}</small>
        </div>
      ))}
    </div>
  );
}
