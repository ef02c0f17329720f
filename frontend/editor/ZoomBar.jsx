// Zoom, fit, pointer or hand, and the mini-map's switch, at the foot of the canvas.

import { memo } from "react";
import { Panel, useStore } from "@xyflow/react";
import { Icon } from "../components/icons.jsx";
import { tip } from "./commands.js";
import { useEditor, useUi } from "./hooks.js";

const percent = (state) => Math.round(state.transform[2] * 100);

function Tool({ icon, title, onClick, pressed }) {
  return (
    <button type="button" className="qe-tool" title={title} aria-label={title} aria-pressed={pressed} onClick={onClick}>
      <Icon name={icon} size={15} />
    </button>
  );
}

export const ZoomBar = memo(function ZoomBar() {
  const { run, draft } = useEditor();
  const zoom = useStore(percent);
  const mode = useUi((ui) => ui.mode);
  const minimap = useUi((ui) => ui.minimap);
  const snap = useUi((ui) => ui.snap);
  useUi((ui) => ui.bindings);
  return (
    <Panel position="bottom-left" className="qe-zoom">
      <Tool icon="mouse-pointer-2" title={tip("pointer")} pressed={mode === "pointer"} onClick={() => run("pointer")} />
      <Tool icon="hand" title={tip("hand")} pressed={mode === "hand"} onClick={() => run("hand")} />
      {draft.canEdit && <Tool icon="message-square" title={tip("comment")} pressed={mode === "comment"} onClick={() => run("comment")} />}
      <i />
      <Tool icon="minus" title={tip("zoom-out")} onClick={() => run("zoom-out")} />
      <button type="button" className="qe-tool qe-percent" title={tip("zoom-100")} onClick={() => run("zoom-100")}>{zoom} %</button>
      <Tool icon="plus" title={tip("zoom-in")} onClick={() => run("zoom-in")} />
      <Tool icon="maximize" title={tip("fit")} onClick={() => run("fit")} />
      <i />
      {draft.canEdit && <Tool icon="magnet" title={tip("snap", "Snap to the grid")} pressed={snap} onClick={() => run("snap")} />}
      {draft.canEdit && <Tool icon="wand-sparkles" title={tip("tidy")} onClick={() => run("tidy")} />}
      <Tool icon="map" title={tip("minimap")} pressed={minimap} onClick={() => run("minimap")} />
    </Panel>
  );
});
