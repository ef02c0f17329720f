// The shared draft: a Yjs document, its socket, its copy in this browser, and this person's own undo.

import { IndexeddbPersistence } from "y-indexeddb";
import { WebsocketProvider } from "y-websocket";
import { socketAddress } from "../components/api.js";
import { Acknowledged } from "./acknowledged.js";
import { DraftDocument } from "./draft_document.js";

export class Draft extends DraftDocument {
  constructor(workflowId, { accountId, canEdit }) {
    super(canEdit);
    this.listeners = new Set();
    this.provider = new WebsocketProvider(socketAddress(`/workflows/${encodeURIComponent(workflowId)}`), "draft", this.doc, {
      disableBc: true, // two tabs meet on the server, where rights are checked
      maxBackoffTime: 5000,
    });
    this.awareness = this.provider.awareness;
    this.acknowledged = new Acknowledged(this.provider, this.doc, () => this.tell());
    this.copy = canEdit ? new IndexeddbPersistence(`quadrille:${accountId}:${workflowId}`, this.doc) : null;
    this.acknowledged.copy = this.copy;
    this.copy?.on("synced", () => this.acknowledged.changed());
    this.provider.on("status", () => this.tell());
    this.provider.on("sync", () => this.tell());
    this.undo.listener = () => this.tell();
    this.state = this.read();
    window.addEventListener("offline", this.onOffline);
    window.addEventListener("online", this.onOnline);
  }

  /** The browser knows at once that the network is gone or back; silence of the socket tells it only after half a minute. */
  onOffline = () => this.provider.disconnect();
  onOnline = () => this.provider.connect();

  read() {
    const online = this.provider.wsconnected;
    const ready = this.provider.synced;
    const saved = !this.canEdit ? "read-only" : !online ? "offline" : this.acknowledged.waiting ? "saving" : "saved";
    return Object.freeze({
      saved: ready || this.everReady ? saved : online ? "loading" : "offline",
      canUndo: this.undo.undoStack.length > 0,
      canRedo: this.undo.redoStack.length > 0,
    });
  }

  tell() {
    this.everReady ||= this.provider.synced;
    const next = this.read();
    if (JSON.stringify(next) === JSON.stringify(this.state)) return;
    this.state = next;
    for (const listener of this.listeners) listener();
  }

  subscribe = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = () => this.state;

  destroy() {
    window.removeEventListener("offline", this.onOffline);
    window.removeEventListener("online", this.onOnline);
    this.acknowledged.destroy();
    this.provider.destroy();
    this.copy?.destroy();
    this.doc.destroy();
  }
}
