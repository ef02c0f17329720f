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

const numbers = (place) => place.split("/").map((part) => Number(part.split(":")[1]));

/** Those played at once begin in any order; they are shown in that of the list. */
function byNumbers(one, other) {
  const [a, b] = [numbers(one.place), numbers(other.place)];
  const at = a.findIndex((number, i) => number !== b[i]);
  return at < 0 ? 0 : a[at] - (b[at] ?? 0);
}

export class Iterations {
  constructor() {
    this.byContainer = new Map();
  }

  of = (container) => this.byContainer.get(container) ?? NONE;

  /** Takes in an event of a step; gives the containers whose playings have changed. */
  apply({ kind, path, node_id: node, visit = 1, data }) {
    if (!node || !(BEGINS.has(kind) || ENDS.has(kind))) return NONE;
    const step = `${path} ${node} ${visit}`;
    const found = playings(path);
    for (const playing of found) this.put(playing, kind, step, data);
    return found.map(({ container }) => container);
  }

  put({ container, index, place }, kind, step, data) {
    const list = this.of(container);
    const old = list.find((one) => one.place === place) ?? { place, index, open: new Set(), failed: false };
    const open = new Set(old.open);
    if (BEGINS.has(kind)) open.add(step);
    else open.delete(step);
    const failed = kind === "step.failed" && !data?.port ? true : old.failed && !open.size;
    const state = failed ? "failed" : open.size ? "running" : "succeeded";
    const others = list.filter((one) => one.place !== place);
    this.byContainer.set(container, [...others, { place, index, open, failed, state }].sort(byNumbers));
  }
}
