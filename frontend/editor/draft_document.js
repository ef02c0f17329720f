// The draft's document and this person's own undo; the network comes in draft.js, so that it can be tried without one.

import * as Y from "yjs";
import { Undo } from "./undo.js";

const ROOTS = ["meta", "nodes", "wires", "comments", "samples"];

export class DraftDocument {
  constructor(canEdit) {
    this.canEdit = canEdit;
    this.doc = new Y.Doc();
    for (const root of ROOTS) this[root] = this.doc.getMap(root);
    this.lastBurst = null;
    this.within = false;
    this.undo = new Undo(this.doc, Object.fromEntries(ROOTS.map((root) => [root, this[root]])), this);
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
