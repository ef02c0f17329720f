// Puts a canvas into its opening view once its nodes are measured, and brings the node that matters into sight later.

import { memo, useEffect, useRef } from "react";
import { useNodesInitialized, useReactFlow, useStore } from "@xyflow/react";
import { inSight, movedTo, openingView } from "./opening.js";

const calm = () => (window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200);

const rootOf = (store) => store.domNode;

/**
 * `room()` tells what no panel covers; `focus` is a node's id, null for none, undefined while nobody knows; `opened` keeps the
 * view that is there; `onOpened` hears of the first view. Until then nothing is seen (canvas.css): what jumps away under a
 * pointer could be pressed and not clicked.
 */
export const Opening = memo(function Opening({ room, start, focus = null, opened = false, onOpened }) {
  const flow = useReactFlow();
  const root = useStore(rootOf);
  const ready = useNodesInitialized() && focus !== undefined;
  const done = useRef(opened);
  useEffect(() => {
    if (!ready || !root) return;
    const bounds = flow.getNodesBounds(flow.getNodes());
    const boxOf = (id) => (id && flow.getNode(id) ? flow.getNodesBounds([id]) : null);
    const box = boxOf(focus);
    if (!done.current) flow.setViewport(openingView(bounds, box ?? boxOf(start), room()));
    else if (box && !inSight(box, flow.getViewport(), room())) flow.setViewport(movedTo(bounds, box, flow.getViewport(), room()), { duration: calm() });
    done.current = true;
    root.dataset.opened = "true";
    onOpened?.();
    // Only another focus moves the canvas: not an edit, nor a person who has looked elsewhere since.
  }, [ready, focus, flow, root]);
  return null;
});
