// Nodes slide to where a layout puts them: the draft changes at once, as one step, only the drawing takes its time.

import { calm } from "./calm.js";

const LONG = 1.4; // a layout takes longer than a zoom
const eased = (part) => 1 - (1 - part) ** 3;

/** Draw the nodes of `from` (a Map of places) on their way to where the model has them now. */
export function glide(editor, from) {
  const length = calm() * LONG;
  if (!length) return;
  cancelAnimationFrame(editor.gliding);
  const started = performance.now();
  const frame = (now) => {
    const part = Math.min(1, (now - started) / length);
    const at = new Map();
    for (const [id, old] of from) {
      const to = editor.model.node(id)?.position;
      if (to) at.set(id, { x: old.x + (to.x - old.x) * eased(part), y: old.y + (to.y - old.y) * eased(part) });
    }
    editor.glide.set({ at: part < 1 ? at : null });
    if (part < 1) editor.gliding = requestAnimationFrame(frame);
  };
  frame(started);
}
