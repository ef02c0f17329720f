// From a step to the node that undoes it: dotted, its arrow reversed, for it is gone only when its saga rolls back.

import { memo } from "react";
import { BaseEdge, getSmoothStepPath, Position, useInternalNode } from "@xyflow/react";
import { useLiveNode } from "./live_hooks.js";

function boxOf(node) {
  const { x, y } = node.internals.positionAbsolute;
  return { x, y, width: node.measured.width ?? 0, height: node.measured.height ?? 0 };
}

/** Between the edges that face each other: under one another if they can be, else side by side. */
export function undoPath(from, to) {
  const below = to.y >= from.y + from.height;
  const above = to.y + to.height <= from.y;
  if (!below && !above) {
    const right = to.x >= from.x;
    return getSmoothStepPath({
      sourceX: from.x + from.width / 2, sourceY: from.y + from.height, targetX: to.x + (right ? 24 : to.width - 24), targetY: to.y + to.height,
      sourcePosition: Position.Bottom, targetPosition: Position.Bottom, borderRadius: 10, offset: 28,
    });
  }
  return getSmoothStepPath({
    sourceX: from.x + from.width / 2, sourceY: below ? from.y + from.height + 6 : from.y - 6, targetX: to.x + to.width / 2, targetY: below ? to.y : to.y + to.height,
    sourcePosition: below ? Position.Bottom : Position.Top, targetPosition: below ? Position.Top : Position.Bottom, borderRadius: 10, offset: 16,
  });
}

export const UndoWire = memo(function UndoWire({ id, source, target }) {
  const from = useInternalNode(source);
  const to = useInternalNode(target);
  const { state } = useLiveNode(target);
  if (!from || !to) return null;
  const [path] = undoPath(boxOf(from), boxOf(to));
  return (
    <g className="qc-undo" data-state={state ?? undefined} data-testid={id}>
      <BaseEdge id={id} path={path} interactionWidth={0} markerStart="url(#qc-arrow)" />
    </g>
  );
});
