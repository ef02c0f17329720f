// The nodes to which a wire may be drawn, to find by name: wiring without a pointer.

import { useMemo } from "react";
import { Dialog } from "@radix-ui/themes";
import { choices, connectTo } from "./connect.js";
import { FindList } from "./FindList.jsx";
import { found } from "./fuzzy.js";
import { useEditor, useUi } from "./hooks.js";

const draw = (row) => <><span className="qc-clip">{row.title}</span>{row.port !== "out" && <small>by {row.port}</small>}</>;

export function ConnectDialog({ close }) {
  const editor = useEditor();
  const id = useUi((ui) => ui.connecting);
  const all = useMemo(() => choices(editor, id), [editor, id]);
  const node = editor.model.node(id);
  const pick = (row) => {
    close();
    connectTo(editor, id, row);
  };
  return (
    <>
      <Dialog.Title size="3">Wire “{node?.name || editor.kinds.get(node?.kind)?.title}” to …</Dialog.Title>
      <FindList id="qe-connect" label="Node to wire to" placeholder="Name of a node" things="Nodes that can be wired" none="No node can take a wire from here." sift={(query) => found(all, query, (row) => [row.title, row.port, row.target])} keyOf={(row) => `connect-${row.port}-${row.target}`} draw={draw} onPick={pick} />
    </>
  );
}
