// A wire: smooth step with rounded corners and an arrow; its looks tell whether data went or goes along it.

import { memo } from "react";
import { BaseEdge, EdgeLabelRenderer, getSmoothStepPath, Position, useInternalNode, useStoreApi } from "@xyflow/react";
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

/** Back to a state that stands before, or to the same one: below both. */
function roundPath({ sourceX, sourceY, targetX, targetY }, below) {
  const [right, left, r] = [sourceX + 22, targetX - 26, CORNER];
  const path = `M${sourceX} ${sourceY}H${right - r}Q${right} ${sourceY} ${right} ${sourceY + r}V${below - r}Q${right} ${below} ${right - r} ${below}H${left + r}Q${left} ${below} ${left} ${below - r}V${targetY + r}Q${left} ${targetY} ${left + r} ${targetY}H${targetX - 5}`;
  return [path, (left + right) / 2, below];
}

const bottomOf = (inner) => inner.internals.positionAbsolute.y + (inner.measured.height ?? 0);

/** How deep a wire between states goes that leads back; null for any other. */
function depth(from, to, { sourceX, targetX }) {
  if (!from || !to || from.data.kind?.role !== "state" || targetX > sourceX) return null;
  return Math.max(bottomOf(from), bottomOf(to)) + 18 + (from === to ? 0 : Math.min(40, (sourceX - targetX) / 24));
}

/** Follows both states, also where only their heights change. */
function BetweenStates(props) {
  const [from, to] = [useInternalNode(props.source), useInternalNode(props.target)];
  return <Drawn {...props} below={depth(from, to, props)} />;
}

/** `children` is drawn at the middle of the wire. Most wires need not follow their nodes: React Flow tells where the ends are. */
export const Wire = memo(function Wire(props) {
  const { nodeLookup } = useStoreApi().getState();
  return nodeLookup.get(props.source)?.data.kind?.role === "state" ? <BetweenStates {...props} /> : <Drawn {...props} below={null} />;
});

function Drawn({ id, source, target, sourceHandleId, sourceX, sourceY, targetX, targetY, selected, data, hovered, below, children }) {
  const ends = { sourceX, sourceY, targetX, targetY };
  const [path, middleX, middleY] = below == null ? wirePath(ends) : roundPath(ends, below);
  const taken = useLiveWire(source, sourceHandleId, target);
  const label = data?.label;
  return (
    <g
      className="qc-wire"
      data-taken={taken ?? undefined}
      data-return={below != null || undefined}
      data-error={sourceHandleId === "error" || undefined}
      data-selected={selected || undefined}
      data-hovered={hovered || undefined}
      data-testid={`wire-${id}`}
    >
      <BaseEdge id={id} path={path} interactionWidth={24} markerEnd="url(#qc-arrow)" />
      {(label || children) && (
        <EdgeLabelRenderer>
          <div className="qc-wire-middle nodrag nopan" style={{ transform: `translate(-50%, -50%) translate(${middleX}px, ${middleY}px)` }}>
            {children || <span className="qc-wire-label">{label}</span>}
          </div>
        </EdgeLabelRenderer>
      )}
    </g>
  );
}

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
