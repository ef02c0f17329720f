// The tools over two or more selected nodes: align, distribute, tidy, group, take out, duplicate, pin, disable, delete.

import { memo } from "react";
import { useStore, ViewportPortal } from "@xyflow/react";
import { Icon } from "../components/icons.jsx";
import { COMMANDS, tip } from "./commands.js";
import { sameList, useEditor, useUi } from "./hooks.js";

const TOOLS = [
  ["align-left", "align-start-vertical"],
  ["align-centre", "align-center-vertical"],
  ["align-right", "align-end-vertical"],
  ["align-top", "align-start-horizontal"],
  ["align-middle", "align-center-horizontal"],
  ["align-bottom", "align-end-horizontal"],
  null,
  ["distribute-x", "align-horizontal-distribute-center"],
  ["distribute-y", "align-vertical-distribute-center"],
  null,
  ["tidy", "wand-sparkles"],
  ["group", "group"],
  ["subworkflow", "network"],
  null,
  ["duplicate", "copy"],
  ["disable", "ban"],
  ["pin", "flag"],
  ["delete", "trash-2"],
];

/** Above the middle of the selected nodes, in the canvas's own pixels. */
function place(state, ids) {
  let [left, right, top] = [Infinity, -Infinity, Infinity];
  for (const id of ids) {
    const node = state.nodeLookup.get(id);
    if (!node) continue;
    const { x, y } = node.internals.positionAbsolute;
    [left, right, top] = [Math.min(left, x), Math.max(right, x + (node.measured.width ?? 0)), Math.min(top, y)];
  }
  return left === Infinity ? null : [Math.round((left + right) / 2), Math.round(top), state.transform[2]];
}

function Bar({ ids }) {
  const { run } = useEditor();
  const at = useStore((state) => place(state, ids), sameList);
  if (!at) return null;
  return (
    <ViewportPortal>
      <div
        className="qe-selection-bar nodrag nopan"
        role="toolbar"
        aria-label={`${ids.length} nodes`}
        data-testid="selection-bar"
        style={{ transform: `translate(${at[0]}px, ${at[1]}px) scale(${1 / at[2]}) translate(-50%, calc(-100% - 14px))` }}
      >
        <span className="qe-selection-count">{ids.length}</span>
        {TOOLS.filter((tool) => !tool || COMMANDS.some((command) => command.name === tool[0])).map((tool, i) => {
          if (!tool) return <i key={i} />;
          const [name, icon] = tool;
          const { least = 0 } = COMMANDS.find((command) => command.name === name);
          const label = tip(name);
          return (
            <button key={name} type="button" className="qe-tool" title={label} aria-label={label} disabled={ids.length < least} data-testid={`selection-${name}`} onClick={() => run(name)}>
              <Icon name={icon} size={15} />
            </button>
          );
        })}
      </div>
    </ViewportPortal>
  );
}

export const SelectionBar = memo(function SelectionBar() {
  const { draft } = useEditor();
  const ids = useUi((ui) => ui.selection, sameList);
  return draft.canEdit && ids.length > 1 ? <Bar ids={ids} /> : null;
});
