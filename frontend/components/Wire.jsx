// A wire: smooth step with rounded corners and an arrow; its looks tell whether data went or goes along it.

import { memo } from "react";
import { BaseEdge, EdgeLabelRenderer, getSmoothStepPath, Position, useInternalNode } from "@xyflow/react";
import { useLiveWire } from "./live_hooks.js";

const CORNER = 10;

export function wirePath({ sourceX, sourceY, targetX, targetY }) {
  return getSmoothStepPath({
    sourceX,
    sourceY,
    targetX: targetX - 5,
    targetY,
    sourcePosition: Position.Right,
    targetPosition: Position.Left,
    borderRadius: CORNER,
    offset: 20,
  });
}

/** From a state back to itself: around its lower edge. */
function roundPath({ sourceX, sourceY, targetX, targetY }, below) {
  const [right, left, r] = [sourceX + 22, targetX - 26, CORNER];
  const path = `M${sourceX} ${sourceY}H${right - r}Q${right} ${sourceY} ${right} ${sourceY + r}V${below - r}Q${right} ${below} ${right - r} ${below}H${left + r}Q${left} ${below} ${left} ${below - r}V${targetY + r}Q${left} ${targetY} ${left + r} ${targetY}H${targetX - 5}`;
  return [path, (left + right) / 2, below];
}

/** `children` is drawn at the middle of the wire. */
export const Wire = memo(function Wire({ id, source, target, sourceHandleId, sourceX, sourceY, targetX, targetY, selected, data, hovered, children }) {
  const own = useInternalNode(source);
  const ends = { sourceX, sourceY, targetX, targetY };
  const below = source === target && own ? own.internals.positionAbsolute.y + (own.measured.height ?? 0) + 18 : null;
  const [path, middleX, middleY] = below == null ? wirePath(ends) : roundPath(ends, below);
  const taken = useLiveWire(source, sourceHandleId, target);
  const label = data?.label;
  return (
    <g
      className="qc-wire"
      data-taken={taken ?? undefined}
      data-error={sourceHandleId === "error" || undefined}
      data-selected={selected || undefined}
      data-hovered={hovered || undefined}
      data-testid={`wire-${id}`}
    >
      <BaseEdge id={id} path={path} interactionWidth={24} markerEnd="url(#qc-arrow)" />
      {(label || children) && (
        <EdgeLabelRenderer>
          <div className="qc-wire-middle nodrag nopan" style={{ transform: `translate(-50%, -50%) translate(${middleX}px, ${middleY}px)` }}>
            {children ?? <span className="qc-wire-label">{label}</span>}
          </div>
        </EdgeLabelRenderer>
      )}
    </g>
  );
});

/** The arrow takes the colour of its wire; draw it once on the page. */
export function Arrow() {
  return (
    <svg className="qc-defs" aria-hidden="true">
      <defs>
        <marker id="qc-arrow" viewBox="0 0 10 10" refX="6" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto-start-reverse">
          <path d="M1.5 1 L7 5 L1.5 9" fill="none" stroke="context-stroke" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" />
        </marker>
      </defs>
    </svg>
  );
}
