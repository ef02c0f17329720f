// The draft's document and this person's own undo; the network comes in draft.js, so that it can be tried without one.

import * as Y from "yjs";

const UNDO_PAUSE = 1000; // a burst of typing is one step
const ROOTS = ["meta", "nodes", "wires", "comments", "samples"];

export class DraftDocument {
  constructor(canEdit) {
    this.canEdit = canEdit;
    this.doc = new Y.Doc();
    for (const root of ROOTS) this[root] = this.doc.getMap(root);
    this.lastBurst = null;
    this.within = false;
    this.undo = new Y.UndoManager(ROOTS.map((root) => this[root]), {
      trackedOrigins: new Set([this]),
      captureTimeout: UNDO_PAUSE,
    });
  }

  /** One change of this person. Changes of the same `burst` within a second become one undo step; others never do. */
  edit(change, burst = null) {
    if (!this.canEdit) return undefined;
    if (this.within) return change(); // a verb that another verb is made of
    if (burst === null || burst !== this.lastBurst) this.undo.stopCapturing();
    this.lastBurst = burst;
    this.within = true;
    try {
      return this.doc.transact(change, this);
    } finally {
      this.within = false;
    }
  }

  undoOnce() {
    this.undo.undo();
    this.lastBurst = null;
  }

  redoOnce() {
    this.undo.redo();
    this.lastBurst = null;
  }
}
