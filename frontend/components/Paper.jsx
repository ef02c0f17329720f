// Squared paper behind a diagram: 8 px minor and 64 px major lines, fading out far away.

import { memo, useCallback } from "react";
import { Background, BackgroundVariant } from "@xyflow/react";

export const Paper = memo(function Paper() {
  return (
    <>
      <Background id="minor" variant={BackgroundVariant.Lines} gap={8} lineWidth={1} className="qc-paper-minor" />
      <Background id="major" variant={BackgroundVariant.Lines} gap={64} lineWidth={1} className="qc-paper-major" />
    </>
  );
});

const DISTANCES = [[0.25, "colour"], [0.5, "name"], [Infinity, "all"]];

/** Sets `data-detail` on the element as the zoom changes; style sheets do the rest, no node draws again. */
export function useDetail(element) {
  return useCallback(
    (_, viewport) => {
      const at = element.current;
      if (!at) return;
      const detail = DISTANCES.find(([below]) => viewport.zoom < below)[1];
      if (at.dataset.detail !== detail) at.dataset.detail = detail;
      const paper = viewport.zoom < 0.4 ? "far" : "near";
      if (at.dataset.paper !== paper) at.dataset.paper = paper;
    },
    [element],
  );
}
