// Zoom, fit, pointer or hand, and the mini-map's switch, at the foot of the canvas.

import { memo } from "react";
import { Panel, useStore } from "@xyflow/react";
import { Icon } from "../components/icons.jsx";
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
  return (
    <Panel position="bottom-left" className="qe-zoom">
      <Tool icon="mouse-pointer-2" title="Pointer (V)" pressed={mode === "pointer"} onClick={() => run("pointer")} />
      <Tool icon="hand" title="Hand (H)" pressed={mode === "hand"} onClick={() => run("hand")} />
      {draft.canEdit && <Tool icon="message-square" title="Comment (C)" pressed={mode === "comment"} onClick={() => run("comment")} />}
      <i />
      <Tool icon="minus" title="Zoom out (-)" onClick={() => run("zoom-out")} />
      <button type="button" className="qe-tool qe-percent" title="Zoom to 100 % (Shift+0)" onClick={() => run("zoom-100")}>{zoom} %</button>
      <Tool icon="plus" title="Zoom in (+)" onClick={() => run("zoom-in")} />
      <Tool icon="maximize" title="Fit everything (Shift+1)" onClick={() => run("fit")} />
      <i />
      <Tool icon="map" title="Mini-map (M)" pressed={minimap} onClick={() => run("minimap")} />
    </Panel>
  );
});
