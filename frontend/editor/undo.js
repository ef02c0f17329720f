// This person's own undo: what each of their edits changed, field by field, taken back and forth again exactly.
//
// Yjs brings an undo of its own; after steps back and forth it may redo less than was there. Here a step holds the values
// before and after. It is undone where its own value still stands: what others wrote since stays theirs.

import * as Y from "yjs";

const BURST = 1000; // ms between edits of one burst of typing

/** A shared map as a Map of its values, anything else as it is. */
function treeOf(value) {
  if (!(value instanceof Y.Map)) return value;
  const tree = new Map();
  value.forEach((inner, key) => tree.set(key, treeOf(inner)));
  return tree;
}

const sharedOf = (tree) => (tree instanceof Map ? new Y.Map([...tree].map(([key, inner]) => [key, sharedOf(inner)])) : tree);

function equal(a, b) {
  if (Object.is(a, b)) return true;
  if (!a || !b || typeof a !== "object" || typeof b !== "object" || a instanceof Map !== b instanceof Map || Array.isArray(a) !== Array.isArray(b)) return false;
  const [of, other] = a instanceof Map ? [[...a], (key) => b.get(key)] : [Object.entries(a), (key) => b[key]];
  const size = b instanceof Map ? b.size : Object.keys(b).length;
  return of.length === size && of.every(([key, inner]) => equal(inner, other(key)));
}

/** What differs between two trees: whole parts that came or went, else single values. */
function differences(path, before, after, found) {
  if (!(before instanceof Map && after instanceof Map)) {
    if (!equal(before, after)) found.push({ path, before, after });
    return found;
  }
  for (const key of new Set([...before.keys(), ...after.keys()])) differences([...path, key], before.get(key), after.get(key), found);
  return found;
}

const whole = ({ before, after }) => before instanceof Map || after instanceof Map;

/** One undo step: for each place what was there and what came. */
class Step {
  constructor(changes) {
    this.changes = changes;
  }

  /** Take in the next changes of a burst; false when they are a step of their own. */
  merge(changes) {
    const places = new Map(this.changes.map((change) => [change.path.join("\0"), change]));
    if (changes.some(whole) || this.changes.some(whole)) return false;
    for (const change of changes) {
      const standing = places.get(change.path.join("\0"));
      if (standing) standing.after = change.after;
      else this.changes.push(change);
    }
    return true;
  }
}

export class Undo {
  /** `roots` are shared maps by name; edits of `origin` are steps. */
  constructor(doc, roots, origin) {
    Object.assign(this, { doc, roots, undoStack: [], redoStack: [], lastChange: 0, open: null, listener: () => {} });
    this.mirror = new Map(Object.entries(roots).map(([name, map]) => [name, treeOf(map)]));
    for (const [name, map] of Object.entries(roots)) map.observeDeep((events, transaction) => this.follow(name, events, transaction.origin === origin));
    doc.on("afterTransaction", () => this.close());
  }

  stopCapturing() {
    this.lastChange = 0;
  }

  clear() {
    [this.undoStack, this.redoStack] = [[], []];
    this.listener();
  }

  /** The mirror holds what was there before the edit, so it knows what the edit changed. */
  follow(name, events, own) {
    const [root, standing] = [this.roots[name], this.mirror.get(name)];
    const keys = new Set(events.flatMap((event) => (event.target === root ? [...event.changes.keys.keys()] : [event.path[0]])));
    for (const key of keys) {
      const [before, after] = [standing.get(key), treeOf(root.get(key))];
      if (after === undefined) standing.delete(key);
      else standing.set(key, after);
      if (own) differences([name, key], before, after, (this.open ??= []));
    }
  }

  /** The transaction is over: what it changed is a step, or part of the burst that goes on. */
  close() {
    const changes = this.open;
    this.open = null;
    if (!changes?.length) return;
    const now = Date.now();
    const last = this.undoStack.at(-1);
    this.redoStack = [];
    if (!(last && now - this.lastChange < BURST && last.merge(changes))) this.undoStack.push(new Step(changes));
    this.lastChange = now;
    this.listener();
  }

  undo() {
    this.take(this.undoStack, this.redoStack, "after", "before");
  }

  redo() {
    this.take(this.redoStack, this.undoStack, "before", "after");
  }

  /** A step of which nothing stands any longer is passed over. */
  take(from, onto, gone, wanted) {
    this.lastChange = 0;
    while (from.length) {
      const step = from.pop();
      const done = this.doc.transact(() => this.back(step, gone, wanted), this);
      if (!done) continue;
      onto.push(step);
      break;
    }
    this.listener();
  }

  back(step, gone, wanted) {
    let done = false;
    // Parts that come stand before what is set in them.
    for (const change of step.changes) if (this.put(change, gone, wanted)) done = true;
    return done;
  }

  put(change, gone, wanted) {
    const [name, ...path] = change.path;
    const key = path.pop();
    let holder = this.roots[name];
    for (const part of path) holder = holder?.get?.(part);
    if (!holder?.get) return false; // what it stood in was taken away by somebody else
    const standing = treeOf(holder.get(key));
    const came = change[gone] instanceof Map && change[wanted] === undefined;
    if (came ? !(standing instanceof Map) : !equal(standing, change[gone])) return false;
    if (came) change[gone] = standing; // with what others did to it since, so that it comes back as it went
    if (change[wanted] === undefined) holder.delete(key);
    else holder.set(key, sharedOf(change[wanted]));
    return true;
  }
}
