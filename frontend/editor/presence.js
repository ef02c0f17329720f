// Who else is here: their cursor, selection, the field they edit, and nodes they are dragging right now.

const COLOURS = ["tomato", "grass", "plum", "orange", "ruby", "pink", "violet", "teal", "crimson", "indigo"];
const CURSOR_PAUSE = 40;

export function colourOf(id) {
  let sum = 0;
  for (const letter of String(id)) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  return `var(--${COLOURS[sum % COLOURS.length]}-9)`;
}

export class Presence {
  constructor(awareness, me) {
    this.awareness = awareness;
    this.listeners = new Set();
    this.peers = [];
    this.moving = new Map();
    this.waiting = {};
    this.timer = null;
    awareness.setLocalState({
      user: { id: me.id, name: me.name, color: colourOf(me.id) },
      cursor: null,
      selection: [],
      editing: null,
    });
    awareness.on("change", this.read);
  }

  read = () => {
    const own = this.awareness.clientID;
    const peers = [];
    const moving = new Map();
    for (const [client, state] of this.awareness.getStates()) {
      if (client === own || !state?.user) continue;
      const { name = "Somebody", id = "" } = state.user;
      peers.push({ client, id, name, color: colourOf(id || client), cursor: state.cursor, selection: state.selection ?? [], editing: state.editing, view: state.view, following: state.following });
      for (const [node, at] of Object.entries(state.moving ?? {})) moving.set(node, at);
    }
    this.peers = peers;
    this.moving = moving;
    for (const listener of [...this.listeners]) listener();
  };

  subscribe = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Tell the others, at most every 40 ms; the last word always goes out. */
  say(fields) {
    Object.assign(this.waiting, fields);
    this.timer ??= setTimeout(() => this.sayNow(), CURSOR_PAUSE);
  }

  sayNow() {
    clearTimeout(this.timer);
    this.timer = null;
    const state = this.awareness.getLocalState();
    if (state) this.awareness.setLocalState({ ...state, ...this.waiting });
    this.waiting = {};
  }

  /** People who selected this node; the same list as long as nothing changed. */
  on(nodeId) {
    return this.peers.filter((peer) => peer.selection.includes(nodeId));
  }

  destroy() {
    clearTimeout(this.timer);
    this.awareness.off("change", this.read);
  }
}

export const samePeers = (a, b) => a?.length === b.length && a.every((peer, i) => peer.client === b[i].client && peer.name === b[i].name);
