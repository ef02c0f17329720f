// Dragging nodes: into containers, onto wires, near a free port, out of a chain with Ctrl; each ends as one edit.

import { holderOf, proximity, splice } from "./near.js";
import { snapped } from "./placing.js";

const MOST_SHOWN = 80; // what others see move while we drag; the room takes 16 KB of it
const LOOK_EVERY = 40; // ms between looks at what lies around the dragged node

function moveOf(editor, entry, dragged) {
  const { model } = editor;
  const node = model.node(entry.id);
  if (!node) return null;
  if (dragged.has(node.parent)) return { id: entry.id, ...snapped(entry.position) };
  const holder = holderOf(editor, entry.id);
  const parent = holder?.id ?? null;
  if (parent === (node.parent ?? null)) return { id: entry.id, ...snapped(entry.position) };
  const at = editor.flow.getInternalNode(entry.id).internals.positionAbsolute;
  const base = holder ? model.absolute(holder) : { x: 0, y: 0 };
  return { id: entry.id, parent, ...snapped({ x: at.x - base.x, y: at.y - base.y }) };
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
  editor.guide.set({ candidate: null });
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

export function dragging(editor) {
  let [looked, later] = [0, null];
  return {
    onNodeDrag: (event, node, nodes) => {
      if (nodes.length <= MOST_SHOWN) editor.presence.say({ moving: Object.fromEntries(nodes.map((one) => [one.id, one.position])) });
      if (nodes.length > 1 || !editor.model.node(node.id)) return;
      clearTimeout(later);
      const look = () => {
        looked = performance.now();
        if (editor.model.node(node.id)) show(editor, node.id, fate(editor, event, node.id));
      };
      const wait = looked + LOOK_EVERY - performance.now();
      if (wait <= 0) look();
      else later = setTimeout(look, wait); // the last place counts, also when the hand rests there
    },
    onNodeDragStop: (event, node, nodes) => {
      clearTimeout(later);
      const dragged = new Set(nodes.map((one) => one.id));
      const moves = nodes.map((one) => moveOf(editor, one, dragged)).filter(Boolean);
      if (moves.some((move) => changes(editor, move))) settle(editor, moves, moves.length === 1 ? fate(editor, event, node.id) : {});
      clear(editor);
    },
  };
}
