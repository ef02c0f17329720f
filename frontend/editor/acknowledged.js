// Knows whether our changes are in the server's database: after a burst it sends a barrier and waits for it to return.

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";

const BARRIER = 100; // a frame of our own beside those of y-protocols; see backend/workflows/protocol.py
const PAUSE = 250;

export class Acknowledged {
  constructor(provider, doc, tell) {
    Object.assign(this, { provider, doc, tell, waiting: false, changes: 0, timer: null });
    provider.messageHandlers[BARRIER] = (_encoder, decoder) => this.returned(decoding.readVarUint(decoder));
    doc.on("update", this.onUpdate);
    provider.on("sync", this.onSync);
  }

  onUpdate = (_update, origin) => {
    if (origin === this.provider || origin === this.copy) return;
    this.changed();
  };

  onSync = (synced) => {
    if (synced && this.waiting) this.soon();
  };

  /** Also for what an earlier visit left in this browser: it may not have reached the server. */
  changed() {
    this.changes += 1;
    this.waiting = true;
    this.soon();
    this.tell();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  ask() {
    const { ws, wsconnected, synced } = this.provider;
    if (!wsconnected || !synced || !ws) return; // asked again when the draft is in step with the server
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, BARRIER);
    encoding.writeVarUint(encoder, this.changes);
    ws.send(encoding.toUint8Array(encoder));
  }

  returned(number) {
    if (number !== this.changes) return;
    this.waiting = false;
    this.tell();
  }

  destroy() {
    clearTimeout(this.timer);
    this.doc.off("update", this.onUpdate);
    this.provider.off("sync", this.onSync);
  }
}
