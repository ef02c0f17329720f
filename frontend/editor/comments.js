// Remarks pinned to a node or to a point of the canvas; each change is one undo step of who made it.

import * as Y from "yjs";

/** A name that two people who write at the same moment do not share. */
function freshId() {
  const letters = crypto.getRandomValues(new Uint8Array(8));
  return `c${[...letters].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** `at` is a point of the canvas; over a node the remark belongs to it and moves with it. */
export function addComment({ draft, me }, { text, node, at }) {
  const words = text.trim();
  if (!words) return;
  const fields = { text: words, author: me.name, x: Math.round(at.x), y: Math.round(at.y), ...(node ? { node } : {}) };
  draft.edit(() => draft.comments.set(freshId(), new Y.Map(Object.entries(fields))));
}

export function resolveComment({ draft }, id, resolved) {
  draft.edit(() => draft.comments.get(id)?.set("resolved", resolved));
}

export function removeComment({ draft }, id) {
  draft.edit(() => draft.comments.delete(id));
}
