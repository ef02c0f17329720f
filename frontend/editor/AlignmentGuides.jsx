// The lines on which a dragged node stands level with others.

import { memo, useSyncExternalStore } from "react";
import { ViewportPortal } from "@xyflow/react";
import { useEditor } from "./hooks.js";

export const AlignmentGuides = memo(function AlignmentGuides() {
  const { guide } = useEditor();
  const { lines = [] } = useSyncExternalStore(guide.subscribe, guide.get);
  if (!lines.length) return null;
  return (
    <ViewportPortal>
      <svg className="qe-overlay" aria-hidden="true" data-testid="alignment-guides">
        {lines.map(({ axis, at, from, to }) => (axis === "x" ? <line key="x" className="qe-align-line" x1={at} x2={at} y1={from} y2={to} /> : <line key="y" className="qe-align-line" y1={at} y2={at} x1={from} x2={to} />))}
      </svg>
    </ViewportPortal>
  );
});
