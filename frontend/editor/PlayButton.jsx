// The play button of a node, shown while the pointer is over its card.

import { memo } from "react";
import { Icon } from "../components/icons.jsx";
import { useEditor } from "./hooks.js";

const SILENT = new Set(["note", "exit", "state"]);

export const PlayButton = memo(function PlayButton({ id, kind }) {
  const { ui, me } = useEditor();
  if (SILENT.has(kind.role) || !me.may("run.start")) return null;
  const open = (event) => {
    event.stopPropagation();
    const { right, bottom } = event.currentTarget.getBoundingClientRect();
    ui.set({ trying: { id, x: right, y: bottom + 4 } });
  };
  return <button type="button" tabIndex={-1} className="qe-play nodrag nopan" title="Run" aria-label="Run this node, to here or from here" data-testid={`play-${id}`} onClick={open} onDoubleClick={(event) => event.stopPropagation()}><Icon name="play" size={12} /></button>;
});
