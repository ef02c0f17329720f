// How far each playing of a container's body has come, read from the paths of its steps: `each:3` is the fourth of `each`.

const BEGINS = new Set(["step.started", "step.retrying"]);
const ENDS = new Set(["step.succeeded", "step.failed", "step.skipped"]);
const NONE = Object.freeze([]);

/** The playings that a path leads through, from the outside: `each:3/inner:0` is two. Those inside another workflow are not ours. */
export function playings(path) {
  const parts = (path ?? "").split("/").filter(Boolean);
  const ours = parts.slice(0, parts.findIndex((part) => part.split(":")[1] === "sub") >>> 0);
  return ours.map((part, i) => ({ container: part.split(":")[0], index: Number(part.split(":")[1]), place: ours.slice(0, i + 1).join("/") }));
}

export const within = (path, place) => path === place || Boolean(path?.startsWith(`${place}/`));

const numbersOf = (place) => place.split("/").map((part) => Number(part.split(":")[1]));

/** Those played at once begin in any order; they are shown in that of the list. */
function byNumbers({ numbers: a }, { numbers: b }) {
  const at = a.findIndex((number, i) => number !== b[i]);
  return at < 0 ? 0 : a[at] - (b[at] ?? 0);
}

export class Iterations {
  constructor() {
    this.byContainer = new Map(); // the playings of each by their place, and as a list once somebody has looked
  }

  /** In their order; the same list until one of them changes. A loop of a thousand rounds is sorted when it is looked at. */
  of = (container) => {
    const held = this.byContainer.get(container);
    if (!held) return NONE;
    held.list ??= [...held.places.values()].sort(byNumbers);
    return held.list;
  };

  /** Takes in an event of a step; gives the containers whose playings have changed. */
  apply({ kind, path, node_id: node, visit = 1, data }) {
    if (!node || !(BEGINS.has(kind) || ENDS.has(kind))) return NONE;
    const step = `${path} ${node} ${visit}`;
    const found = playings(path);
    for (const playing of found) this.put(playing, kind, step, data);
    return found.map(({ container }) => container);
  }

  put({ container, index, place }, kind, step, data) {
    const held = this.byContainer.get(container) ?? { places: new Map(), list: null };
    const old = held.places.get(place) ?? { place, index, numbers: numbersOf(place), open: new Set(), failed: false };
    const open = new Set(old.open);
    if (BEGINS.has(kind)) open.add(step);
    else open.delete(step);
    const failed = kind === "step.failed" && !data?.port ? true : old.failed && !open.size;
    const state = failed ? "failed" : open.size ? "running" : "succeeded";
    held.places.set(place, { ...old, open, failed, state });
    held.list = null;
    this.byContainer.set(container, held);
  }
}
