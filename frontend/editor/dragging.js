// Dragging nodes: into containers, onto wires, near a free port, out of a chain with Ctrl; each ends as one edit.

import { frameOf } from "../components/frames.js";
import { boxIn, drawnGroups } from "./group_view.js";
import { guidesFor, whole } from "./guides.js";
import { boxOf, holderOf, proximity, splice } from "./near.js";
import { containerAt, snapped } from "./placing.js";

const MOST_SHOWN = 80; // what others see move while we drag; the room takes 16 KB of it
const REACH = { snap: 0.5, free: 4 }; // the grid goes before the lines
const LOOK_EVERY = 40; // ms between looks at what lies around the dragged node

/** On the grid, unless it is switched off; on an alignment line exactly. */
function placed(editor, { x, y }) {
  const { snap } = editor.ui.state;
  const at = snap ? snapped({ x, y }) : { x: Math.round(x), y: Math.round(y) };
  for (const { axis, by } of editor.guide.state.lines ?? []) at[axis] = (axis === "x" ? x : y) + by;
  return at;
}

/** A group moves by as much as its frame was dragged; what it holds goes along, its container stays. */
function groupMove(editor, node, entry) {
  const frame = frameOf(node, drawnGroups(editor).groups.get(node.id), node.config.folded, (member) => boxIn(editor, member));
  const by = snapped({ x: entry.position.x - frame.x, y: entry.position.y - frame.y });
  return { id: node.id, x: node.position.x + by.x, y: node.position.y + by.y };
}

function moveOf(editor, entry, dragged) {
  const { model } = editor;
  const node = model.node(entry.id);
  if (!node) return null;
  if (drawnGroups(editor).groups.has(node.id)) return groupMove(editor, node, entry);
  if (dragged.has(node.parent) || dragged.has(node.group)) return { id: entry.id, ...snapped(entry.position) };
  const holder = holderOf(editor, entry.id);
  const parent = holder?.id ?? null;
  if (parent === (node.parent ?? null)) return { id: entry.id, ...placed(editor, entry.position) };
  const at = editor.flow.getInternalNode(entry.id).internals.positionAbsolute;
  const base = holder ? model.absolute(holder) : { x: 0, y: 0 };
  return { id: entry.id, parent, ...placed(editor, { x: at.x - base.x, y: at.y - base.y }) };
}

function changes(editor, { id, x, y, parent }) {
  const old = editor.model.node(id);
  return parent !== undefined || old.position.x !== x || old.position.y !== y;
}

/** What would happen to a single node if it were let go here. */
function fate(editor, event, id) {
  const pulled = event.ctrlKey || event.metaKey;
  const wired = editor.model.wiresOf(id).length > 0;
  const lone = !wired || pulled;
  const wire = lone ? splice(editor, id, { x: event.clientX, y: event.clientY }) : null;
  const near = wire || event.altKey || pulled ? null : proximity(editor, id);
  return { wire, near, pulled: pulled && wired };
}

function show(editor, id, { wire, near }) {
  editor.marks.only("splice", wire);
  const holder = holderOf(editor, id);
  editor.marks.only("drop", holder && holder.id !== editor.model.node(id)?.parent ? holder.id : null);
  editor.guide.set({ candidate: near });
}

function clear(editor) {
  editor.marks.only("splice", null);
  editor.marks.only("drop", null);
  editor.guide.set({ candidate: null, lines: [] });
  editor.presence.say({ moving: null });
}

function settle(editor, moves, { wire, near, pulled }) {
  const [{ id }] = moves;
  editor.draft.edit(() => {
    if (pulled) editor.edits.pullOut(id);
    editor.edits.move(moves);
    if (wire) editor.edits.spliceIn(wire, id);
    if (near) editor.edits.connect(near.from.node, near.from.port, near.to.node);
  });
}

/** What of the canvas is in sight, in its own pixels; the size of its frame is measured once a drag. */
function inSight(editor) {
  const { x, y, zoom } = editor.flow.getViewport();
  const { width, height } = editor.frameSize;
  const [left, top] = [-x / zoom, -y / zoom];
  const [right, bottom] = [left + width / zoom, top + height / zoom];
  return (box) => box.x <= right && box.y <= bottom && box.x + box.width >= left && box.y + box.height >= top;
}

/** Lines to align on, with nodes of the same container that are in sight. */
function align(editor, nodes) {
  const { model } = editor;
  const dragged = new Set(nodes.flatMap((one) => [one.id, ...model.within(one.id)]));
  const parent = model.node(nodes[0].id)?.parent ?? null;
  const seen = inSight(editor);
  const others = [];
  for (const { id } of model.children(parent)) {
    if (dragged.has(id) || !editor.flow.getInternalNode(id)?.measured.width) continue;
    const box = boxOf(editor, id);
    if (seen(box)) others.push(box);
  }
  editor.guide.set({ lines: guidesFor(whole(nodes.map((one) => boxOf(editor, one.id))), others, REACH[editor.ui.state.snap ? "snap" : "free"]) });
}

/** Alt was held when the drag began: what was dragged stays where it was, and copies stand where it was let go. */
function copyTo(editor, node, nodes) {
  const { model } = editor;
  const from = model.node(node.id);
  if (!from) return;
  const shift = snapped({ x: node.position.x - from.position.x, y: node.position.y - from.position.y });
  const ids = nodes.map((one) => one.id);
  if (shift.x || shift.y) editor.clipboard.duplicateTo(ids, shift, (held) => (editor.pointer ? containerAt(model, editor.kinds, editor.pointer, held, new Set(ids)) : null));
  editor.redraw();
}

export function dragging(editor) {
  let [looked, later, copying] = [0, null, false];
  return {
    onNodeDragStart: (event) => {
      editor.frameSize = { width: editor.frame.clientWidth, height: editor.frame.clientHeight };
      copying = event.altKey;
      editor.frame.toggleAttribute("data-copying", copying);
    },
    onNodeDrag: (event, node, nodes) => {
      if (nodes.length <= MOST_SHOWN && !copying) editor.presence.say({ moving: Object.fromEntries(nodes.map((one) => [one.id, one.position])) });
      if (!editor.model.node(node.id)) return;
      clearTimeout(later);
      const look = () => {
        looked = performance.now();
        if (!editor.model.node(node.id)) return;
        align(editor, nodes);
        if (nodes.length === 1 && !copying) show(editor, node.id, fate(editor, event, node.id));
      };
      if (looked + LOOK_EVERY <= performance.now()) look();
      later = setTimeout(() => requestAnimationFrame(() => later && look()), LOOK_EVERY); // the last place counts, once React Flow has taken it over
    },
    onNodeDragStop: (event, node, nodes) => {
      clearTimeout(later);
      later = null;
      editor.frame.removeAttribute("data-copying");
      if (copying) copyTo(editor, node, nodes);
      else drop(editor, event, node, nodes);
      clear(editor);
    },
  };
}

function drop(editor, event, node, nodes) {
  align(editor, nodes);
  const dragged = new Set(nodes.map((one) => one.id));
  const moves = nodes.map((one) => moveOf(editor, one, dragged)).filter(Boolean);
  if (moves.some((move) => changes(editor, move))) settle(editor, moves, moves.length === 1 ? fate(editor, event, node.id) : {});
  else editor.redraw();
}
