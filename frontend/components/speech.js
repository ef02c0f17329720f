// What models say while they say it, by step. Pieces may be lost, come late or begin anew; the step's output replaces them.

const ENDS = new Set(["step.succeeded", "step.failed", "step.skipped", "step.retrying"]);
const MOST = 64_000;
const SILENT = Object.freeze({ attempt: 0, call: 0, over: false, from: 0, text: "" });

/** The name of one visit of one node. */
export function stepKey(event) {
  return `${event.path ? `${event.path}/` : ""}${event.node_id}:${event.visit ?? 1}`;
}

export class Speech {
  constructor() {
    this.steps = new Map();
  }

  /** What is known of the answer on its way; begins with "…" where its beginning is not. */
  of(key) {
    const { from, text } = this.steps.get(key) ?? SILENT;
    return from ? `…${text}` : text;
  }

  /** Takes in an event; true when it changed what is said. */
  apply(event) {
    const key = stepKey(event);
    const old = this.steps.get(key) ?? SILENT;
    const attempt = event.attempt ?? 1;
    if (ENDS.has(event.kind)) {
      this.steps.set(key, { ...SILENT, attempt, over: true });
      return Boolean(old.text);
    }
    if (event.kind !== "step.token" || isOld(event, old)) return false;
    const { call = 1, from = 0, text = "" } = event.data ?? {};
    const known = old.attempt === attempt && old.call === call ? old : { ...SILENT, attempt, call };
    this.steps.set(key, { ...known, ...joined(known, from, text) });
    return true;
  }
}

/** A piece of an attempt that is over, or of an answer after which another one began. */
function isOld({ attempt = 1, data = {} }, old) {
  if (attempt !== old.attempt) return attempt < old.attempt;
  return old.over || (data.call ?? 1) < old.call;
}

/** The piece put to what is known; where something is missing between them, what is known is let go. */
function joined(known, from, text) {
  const at = from - known.from;
  const all = at >= 0 && at <= known.text.length ? { from: known.from, text: known.text.slice(0, at) + text } : { from, text };
  const cut = Math.max(0, all.text.length - MOST);
  return { from: all.from + cut, text: all.text.slice(cut) };
}
