// How much went along a wire in the last run that played its source.

import { memo } from "react";
import { EdgeLabelRenderer } from "@xyflow/react";
import { useData } from "./data_hooks.js";
import { useEditor } from "./hooks.js";

/** Items of a list that was given once; else how often the wire was taken. */
function count(known, port) {
  const times = known?.ports[port] ?? 0;
  if (!times) return "";
  if (times === 1 && Array.isArray(known.output) && known.port === port) return `${known.output.length} item${known.output.length === 1 ? "" : "s"}`;
  return `${times}×`;
}

export const WireCount = memo(function WireCount({ id, source, port, x, y }) {
  const { ui } = useEditor();
  const words = useData((data) => count(data.node(source), port));
  if (!words) return null;
  return (
    <EdgeLabelRenderer>
      <button type="button" tabIndex={-1} className="qe-travel nodrag nopan" data-testid={`count-${id}`} title="What went along this wire" style={{ transform: `translate(${x + 12}px, ${y - 22}px)` }} onClick={(event) => ui.set({ travelled: { source, port, x: event.clientX, y: event.clientY } })}>
        {words}
      </button>
    </EdgeLabelRenderer>
  );
});
