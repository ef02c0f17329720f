// What the canvas says while the hand moves: the wire that would come to be, and why another may not.

import { memo, useSyncExternalStore } from "react";
import { ViewportPortal } from "@xyflow/react";
import { Icon } from "../components/icons.jsx";
import { wirePath } from "../components/Wire.jsx";
import { useEditor, useUi } from "./hooks.js";

const useGuide = (read) => {
  const { guide } = useEditor();
  return useSyncExternalStore(guide.subscribe, () => read(guide.state));
};

export const Candidate = memo(function Candidate() {
  const candidate = useGuide((state) => state.candidate);
  if (!candidate) return null;
  const { from, to } = candidate;
  const [path] = wirePath({ sourceX: from.x, sourceY: from.y, targetX: to.x, targetY: to.y });
  return (
    <ViewportPortal>
      <svg className="qe-overlay" data-testid="candidate-wire" aria-hidden="true">
        <path className="qe-candidate" d={path} />
      </svg>
    </ViewportPortal>
  );
});

/** Why the node under the pointer cannot take the wire. */
export const Refused = memo(function Refused() {
  const { frame } = useEditor();
  const refused = useGuide((state) => state.refused);
  if (!refused) return null;
  const box = frame.getBoundingClientRect();
  return (
    <div className="qe-refusal" role="status" data-testid="refusal" style={{ left: refused.x - box.left + 14, top: refused.y - box.top + 18 }}>
      <Icon name="ban" size={13} />
      {refused.text}
    </div>
  );
});

/** Says what clicks do while nodes are wired by clicking. */
export const WiringBar = memo(function WiringBar() {
  const { model, kinds, wiring } = useEditor();
  const start = useUi((ui) => ui.wiring);
  const node = start && model.node(start.node);
  if (!node) return null;
  return (
    <div className="qe-wiring qe-float" role="status" data-testid="wiring">
      <span>
        From <b>{node.name || kinds.get(node.kind)?.title}</b>
        {start.port !== "out" && ` by ${start.port}`}: click the next node
      </span>
      <button type="button" className="qe-tool qe-wiring-end" onClick={() => wiring.end()}>
        Done <kbd>Esc</kbd>
      </button>
    </div>
  );
});
