// The nodes to which a wire may be drawn, to find by name: wiring without a pointer.

import { useMemo, useState } from "react";
import { Dialog } from "@radix-ui/themes";
import { Icon } from "../components/icons.jsx";
import { choices, connectTo } from "./connect.js";
import { found } from "./fuzzy.js";
import { useEditor, useUi } from "./hooks.js";

export function ConnectDialog({ close }) {
  const editor = useEditor();
  const id = useUi((ui) => ui.connecting);
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const all = useMemo(() => choices(editor, id), [editor, id]);
  const rows = found(all, query, (row) => [row.title, row.port, row.target]);
  const node = editor.model.node(id);
  const pick = (row) => {
    close();
    connectTo(editor, id, row);
  };
  const keys = (event) => {
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, rows.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "Enter" && rows[at]) pick(rows[at]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <Dialog.Title size="3">Wire “{node?.name || editor.kinds.get(node?.kind)?.title}” to …</Dialog.Title>
      <label className="qe-search qe-search-large">
        <Icon name="search" size={16} />
        <input autoFocus role="combobox" aria-expanded="true" aria-controls="qe-connect" aria-activedescendant={rows[at] ? `qe-connect-${at}` : undefined} value={query} placeholder="Name of a node" aria-label="Node to wire to" onKeyDown={keys} onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }} />
      </label>
      <div className="qe-command-list" role="listbox" id="qe-connect" aria-label="Nodes that can be wired">
        {rows.map((row, i) => (
          <div key={row.name} id={`qe-connect-${i}`} role="option" aria-selected={i === at} className="qe-command" data-testid={`connect-${row.port}-${row.target}`} onPointerMove={() => setAt(i)} onClick={() => pick(row)}>
            <span className="qc-clip">{row.title}</span>
            {row.port !== "out" && <small>by {row.port}</small>}
          </div>
        ))}
        {rows.length === 0 && <p className="qe-none">No node can take a wire from here.</p>}
      </div>
    </>
  );
}
