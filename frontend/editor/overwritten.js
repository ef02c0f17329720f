// Notices when what this person wrote into a field was replaced by somebody who had not seen it, and keeps it for a click.

const PLACES = new Set(["x", "y", "w", "h", "parent", "config"]);
const MOST = 3;
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const isOf = (id, item) => Boolean(id && item && id.client === item.client && id.clock === item.clock);

/** Whether the writer of the value that stands had ours before them: then theirs is an answer to it, and no loss. */
function sawOurs(map, key, ours) {
  for (let at = map._map.get(key), steps = 0; at && steps < 200; at = at.left, steps += 1) if (isOf(at.origin, ours)) return true;
  return false;
}

export class Overwritten {
  constructor({ draft, presence, ui, edits }) {
    Object.assign(this, { draft, presence, ui, edits });
    this.mine = new Map(); // by field: the value that we wrote last, and the mark of that write
    draft.nodes.observeDeep(this.see);
  }

  see = (events, transaction) => {
    for (const { path, target, keysChanged } of events) {
      const [id, part] = path;
      if (!id || path.length > 2 || (part && part !== "config")) continue;
      for (const key of keysChanged ?? []) {
        if (!part && PLACES.has(key)) continue;
        const field = part ? `${id}.config.${key}` : `${id}.${key}`;
        if (transaction.local) this.mine.set(field, { value: target.get(key), mark: target._map.get(key)?.lastId });
        else this.theirs({ field, id, key, part }, target);
      }
    }
  };

  theirs({ field, id, key, part }, map) {
    const own = this.mine.get(field);
    const value = map.get(key);
    if (!own || own.value === undefined || same(own.value, value)) return;
    this.mine.delete(field);
    if (sawOurs(map, key, own.mark) && this.draft.awareness.getLocalState()?.editing !== `${id}.${key}`) return;
    const who = (this.presence.peers.find((peer) => peer.editing === `${id}.${key}`) ?? this.presence.on(id)[0])?.name ?? "Somebody";
    const others = (this.ui.state.overwritten ?? []).filter((one) => one.field !== field);
    this.ui.set({ overwritten: [...others.slice(-MOST + 1), { field, id, key, inConfig: Boolean(part), mine: own.value, theirs: value, who }] });
  }

  forget(field) {
    this.ui.set({ overwritten: (this.ui.state.overwritten ?? []).filter((one) => one.field !== field) });
  }

  restore({ field, id, key, inConfig, mine }) {
    if (inConfig) this.edits.setConfig(id, key, mine);
    else this.edits.set(id, key, mine);
    this.forget(field);
  }
}
