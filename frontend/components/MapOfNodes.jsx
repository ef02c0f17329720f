// The mini-map: all nodes as one path for each colour, so that a thousand of them cost a drag nothing.

import { memo, useEffect, useRef } from "react";
import { Panel, useReactFlow, useStoreApi } from "@xyflow/react";

const SIZE = { width: 176, height: 116 };
const EDGE = 5; // of the map around what is drawn, in its own pixels
const CALM = 240; // ms between two drawings while nodes move
const USUAL = { width: 232, height: 68 }; // of a node that nobody has measured
const SVG = "http://www.w3.org/2000/svg";

/** What the map shows: all nodes, and the part of the canvas that is in sight. */
function boundsOf(boxes, view) {
  let [left, top, right, bottom] = [view.x, view.y, view.x + view.width, view.y + view.height];
  for (const { x, y, width, height } of boxes) {
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x + width), Math.max(bottom, y + height)];
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

const viewOf = ({ transform: [x, y, zoom], width, height }) => ({ x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom });

function boxesOf(nodeLookup) {
  const boxes = [];
  for (const entry of nodeLookup.values()) {
    if (entry.hidden) continue;
    const { x, y } = entry.internals.positionAbsolute;
    boxes.push({ entry, x, y, width: entry.measured.width ?? entry.width ?? USUAL.width, height: entry.measured.height ?? entry.height ?? USUAL.height });
  }
  return boxes;
}

/** One path for each colour; frames come before what stands in them. */
function pathsOf(boxes, colourOf) {
  const paths = new Map();
  for (const { entry, x, y, width, height } of boxes) {
    const colour = colourOf(entry);
    paths.set(colour, `${paths.get(colour) ?? ""}M${Math.round(x)} ${Math.round(y)}h${Math.round(width)}v${Math.round(height)}h${-Math.round(width)}z`);
  }
  return paths;
}

function drawn(group, paths) {
  for (const path of [...group.children]) if (!paths.has(path.dataset.colour)) path.remove();
  const standing = new Map([...group.children].map((path) => [path.dataset.colour, path]));
  for (const [colour, d] of paths) {
    const path = standing.get(colour) ?? group.appendChild(document.createElementNS(SVG, "path"));
    path.dataset.colour = colour;
    path.setAttribute("class", "qc-map-nodes");
    path.style.fill = colour;
    path.setAttribute("d", d);
  }
}

const sheetOf = ({ x, y, width, height }) => `M${x} ${y}h${width}v${height}h${-width}z`;

/** Draws into the two parts of the map what the store of the canvas says. */
class Drawing {
  constructor(svg, store) {
    Object.assign(this, { svg, store, boxes: [], all: null, nodes: null, timer: null });
    [this.group, this.mask] = svg.children;
  }

  /** All nodes anew. */
  draw = () => {
    this.timer = null;
    const state = this.store.getState();
    this.nodes = state.nodes;
    this.boxes = boxesOf(state.nodeLookup);
    drawn(this.group, pathsOf(this.boxes, this.colourOf));
    this.look(state);
  };

  /** The part in sight; the map itself changes its scale only where that lies beyond the nodes. */
  look(state) {
    const view = viewOf(state);
    const all = boundsOf(this.boxes, view);
    const scale = Math.max(all.width / SIZE.width, all.height / SIZE.height) || 1;
    const [width, height] = [(SIZE.width + 2 * EDGE) * scale, (SIZE.height + 2 * EDGE) * scale];
    const box = { x: all.x - (width - all.width) / 2, y: all.y - (height - all.height) / 2, width, height };
    this.scale = scale;
    this.svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
    this.mask.setAttribute("d", sheetOf(box) + sheetOf(view));
    this.transform = state.transform;
  }

  follow = (state) => {
    if (state.nodes !== this.nodes) this.timer ??= setTimeout(this.draw, CALM);
    else if (state.transform !== this.transform) this.look(state);
  };

  /** A point of the page as one of the canvas. */
  at({ clientX, clientY }) {
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return { x, y };
  }
}

/** Dragging moves the view, a click jumps, the wheel zooms. */
function handsOn(drawing, flow, onJump) {
  let [last, moved] = [null, false];
  const down = (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    drawing.svg.setPointerCapture(event.pointerId);
    [last, moved] = [{ x: event.clientX, y: event.clientY }, false];
  };
  const move = (event) => {
    if (!last) return;
    const [dx, dy] = [event.clientX - last.x, event.clientY - last.y];
    if (!moved && Math.hypot(dx, dy) < 3) return;
    [last, moved] = [{ x: event.clientX, y: event.clientY }, true];
    const { x, y, zoom } = flow.getViewport();
    const by = drawing.scale * zoom;
    flow.setViewport({ x: x - dx * by, y: y - dy * by, zoom });
  };
  const up = (event) => {
    if (last && !moved) onJump(drawing.at(event));
    last = null;
  };
  const wheel = (event) => {
    event.preventDefault();
    flow.zoomTo(flow.getZoom() * 2 ** (-event.deltaY * 0.002));
  };
  return { pointerdown: down, pointermove: move, pointerup: up, pointercancel: () => { last = null; }, wheel };
}

/** `colourOf` is given anew when colours have changed. */
export const MapOfNodes = memo(function MapOfNodes({ colourOf, onJump, className }) {
  const svg = useRef(null);
  const held = useRef(null);
  const store = useStoreApi();
  const flow = useReactFlow();
  useEffect(() => {
    const drawing = new Drawing(svg.current, store);
    held.current = drawing;
    drawing.colourOf = colourOf;
    drawing.draw();
    const stop = store.subscribe(drawing.follow);
    const hands = Object.entries(handsOn(drawing, flow, onJump));
    for (const [name, hand] of hands) drawing.svg.addEventListener(name, hand, { passive: false });
    return () => {
      stop();
      clearTimeout(drawing.timer);
      for (const [name, hand] of hands) drawing.svg.removeEventListener(name, hand);
    };
  }, [store, flow, onJump]);
  useEffect(() => {
    held.current.colourOf = colourOf;
    held.current.timer ??= setTimeout(held.current.draw, 0);
  }, [colourOf]);
  return (
    <Panel position="bottom-right" className={`react-flow__minimap ${className}`} data-testid="minimap">
      <svg ref={svg} role="img" aria-label="Mini-map"><g /><path className="qc-map-mask" fillRule="evenodd" /></svg>
    </Panel>
  );
});
