// The draft as plain objects: an object is made anew only when its part of the document changed.

const EMPTY = Object.freeze({});

function plainNode(id, map) {
  const all = map.toJSON();
  const { x = 0, y = 0, w, h, ...rest } = all;
  return Object.freeze({
    kind: "",
    name: "",
    parent: null,
    note: "",
    on_error: "fail",
    ...rest,
    id,
    config: Object.freeze(all.config ?? {}),
    position: Object.freeze({ x, y }),
    size: w && h ? Object.freeze([w, h]) : null,
  });
}

function plainWire(id, map) {
  return Object.freeze({ source_port: "out", target_port: "in", label: "", ...map.toJSON(), id });
}

const plainComment = (id, map) => Object.freeze({ text: "", author: "", x: 0, y: 0, ...map.toJSON(), id });

export class Model {
  constructor(draft) {
    this.draft = draft;
    this.listeners = new Set();
    this.nodes = new Map();
    this.wires = new Map();
    this.comments = new Map();
    this.meta = EMPTY;
    this.samples = EMPTY;
    this.version = 0;
    this.undone = new Map(); // compensations, each with the id of the node that it undoes
    this.dirty = false;
    draft.nodes.observeDeep((events) => this.follow(events, draft.nodes, this.nodes, plainNode));
    draft.wires.observeDeep((events) => this.follow(events, draft.wires, this.wires, plainWire));
    draft.comments.observeDeep((events) => this.follow(events, draft.comments, this.comments, plainComment));
    draft.meta.observeDeep(() => this.readMeta());
    draft.samples.observeDeep(() => this.readMeta());
    draft.doc.on("afterTransaction", () => this.flush());
    this.readAll();
  }

  readAll() {
    for (const [id, map] of this.draft.nodes) this.nodes.set(id, plainNode(id, map));
    for (const [id, map] of this.draft.wires) this.wires.set(id, plainWire(id, map));
    for (const [id, map] of this.draft.comments) this.comments.set(id, plainComment(id, map));
    this.readMeta();
    this.flush();
  }

  readMeta() {
    this.meta = Object.freeze(this.draft.meta.toJSON());
    this.samples = Object.freeze(this.draft.samples.toJSON());
    this.dirty = true;
  }

  follow(events, root, into, plain) {
    const changed = new Set();
    for (const event of events) {
      if (event.target === root) for (const key of event.changes.keys.keys()) changed.add(key);
      else changed.add(event.path[0]);
    }
    for (const id of changed) {
      const map = root.get(id);
      if (map?.toJSON) into.set(id, plain(id, map));
      else into.delete(id);
    }
    this.dirty = true;
  }

  flush() {
    if (!this.dirty) return;
    this.dirty = false;
    this.version += 1;
    this.undone = new Map([...this.nodes.values()].filter((node) => node.compensate_with).map((node) => [node.compensate_with, node.id]));
    for (const listener of [...this.listeners]) listener();
  }

  subscribe = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  node = (id) => this.nodes.get(id);
  wiresOf = (id) => [...this.wires.values()].filter((wire) => wire.source === id || wire.target === id);
  into = (id) => [...this.wires.values()].filter((wire) => wire.target === id);
  outOf = (id) => [...this.wires.values()].filter((wire) => wire.source === id);
  children = (id) => [...this.nodes.values()].filter((node) => (node.parent ?? null) === id);

  /** Where a node stands on the canvas, containers added up. */
  absolute(node) {
    let { x, y } = node.position;
    let parent = this.nodes.get(node.parent);
    for (let depth = 0; parent && depth < 20; depth += 1, parent = this.nodes.get(parent.parent)) {
      x += parent.position.x;
      y += parent.position.y;
    }
    return { x, y };
  }

  /** True when `from` leads to `to` along the wires. */
  leads(from, to) {
    const seen = new Set();
    const waiting = [from];
    while (waiting.length) {
      const at = waiting.pop();
      if (at === to) return true;
      if (seen.has(at)) continue;
      seen.add(at);
      for (const wire of this.wires.values()) if (wire.source === at) waiting.push(wire.target);
    }
    return false;
  }

  /** The nodes of a group. */
  members = (id) => [...this.nodes.values()].filter((node) => node.group === id && node.id !== id && (node.parent ?? null) === (this.nodes.get(id)?.parent ?? null));

  /** All nodes inside a container or a group. */
  within(id) {
    const found = new Set();
    const waiting = [id];
    while (waiting.length) {
      const at = waiting.pop();
      for (const child of [...this.children(at), ...this.members(at)]) if (!found.has(child.id) && child.id !== id) {
        found.add(child.id);
        waiting.push(child.id);
      }
    }
    return [...found];
  }
}
