// What a run's events say about each node and wire, kept so that only the nodes that changed draw themselves again.
import { Iterations } from "./iterations.js";
import { Speech, stepKey } from "./speech.js";

const STEP_STATES = {
  "step.started": "running",
  "step.waiting": "waiting",
  "state.transition": "running",
  "step.retrying": "retrying",
  "step.succeeded": "succeeded",
  "step.failed": "failed",
  "step.skipped": "skipped",
};
const RUN_STATES = {
  "run.queued": "queued",
  "run.started": "running",
  "run.resumed": "running",
  "run.waiting": "waiting",
  "run.paused": "paused",
  "run.succeeded": "succeeded",
  "run.failed": "failed",
  "run.cancelled": "cancelled",
};
const SAGA_STATES = { "saga.compensating": "compensating", "saga.compensated": "compensated", "saga.failed": "failed" };
const ROLLING = { running: "compensating", succeeded: "compensated" }; // what a compensation's step shows
const OVER = new Set(["succeeded", "failed", "cancelled"]);
const IDLE = Object.freeze({ state: null });
const MOST_EVENTS = 5000;

/** The sentence of an error as events carry it. */
export function causeOf(error) {
  if (!error) return "";
  return typeof error === "string" ? error : error.message || error.detail || error.code || "Failed";
}

export class Live {
  constructor() {
    this.listeners = new Map(); // topic -> set of callbacks; topics are "run", node ids and "said STEP"
    this.reset();
  }

  reset(runId = null) {
    const before = [...(this.nodes?.keys() ?? [])];
    this.run = Object.freeze({ id: runId, state: runId ? "queued" : null, startedAt: null, finishedAt: null, output: null, error: null, link: "" });
    this.nodes = new Map();
    this.speech = new Speech();
    this.iterations = new Iterations();
    this.filter = null; // the playing of a body whose events alone are shown
    this.events = [];
    this.left = new Set(); // "node.port" by which a node was left
    for (const topic of [...before, ...before.map((id) => `playings ${id}`), "run", "events", "wires", "filter"]) this.tell(topic);
  }

  node = (id) => this.nodes.get(id) ?? IDLE;

  /** A node that got another id in the draft keeps what the run says of it. */
  renamed(old, id) {
    if (!this.nodes.has(old)) return;
    this.nodes.set(id, this.nodes.get(old));
    this.tell(id);
  }

  subscribe = (topic, callback) => {
    if (!this.listeners.has(topic)) this.listeners.set(topic, new Set());
    this.listeners.get(topic).add(callback);
    return () => this.listeners.get(topic)?.delete(callback);
  };

  tell(topic) {
    for (const callback of this.listeners.get(topic) ?? []) callback();
  }

  /** Show the events of one playing of a container's body, or of all. */
  only(place) {
    this.filter = place;
    this.tell("filter");
  }

  setLink(link) {
    this.run = Object.freeze({ ...this.run, link });
    this.tell("run");
  }

  /** Steps of a workflow that is played inside a node are not of this diagram; what they ask, that node asks. */
  outward(event) {
    const at = (event.path ?? "").indexOf(":sub");
    if (at < 0) return event;
    return event.kind.startsWith("approval.") ? { ...event, node_id: event.path.slice(0, at).split("/").at(-1) } : { ...event, node_id: null };
  }

  apply(event) {
    if (event.seq != null) {
      this.events = [...this.events.slice(-MOST_EVENTS), event];
      this.tell("events");
    }
    if (event.node_id && this.speech.apply(event)) this.tell(`said ${stepKey(event)}`);
    for (const container of this.iterations.apply(event)) this.tell(`playings ${container}`);
    if (event.kind in RUN_STATES) this.applyToRun(event);
    else if (event.kind.startsWith("approval.")) this.applyApproval(this.outward(event));
    else if (event.kind in SAGA_STATES && this.outward(event).node_id) this.applySaga(event);
    else if (this.outward(event).node_id) this.applyToNode(event);
  }

  /** Many at once: who listens hears of each topic once, when all are taken in. */
  applyAll(events) {
    const topics = new Set();
    this.tell = (topic) => topics.add(topic);
    const before = this.events;
    try {
      for (const event of events) {
        this.events = [];
        this.apply(event);
      }
    } finally {
      delete this.tell;
      this.events = before.concat(events.filter((event) => event.seq != null)).slice(-MOST_EVENTS);
    }
    for (const topic of topics) this.tell(topic);
  }

  applySaga(event) {
    const state = SAGA_STATES[event.kind];
    this.put(event.node_id, { state, rolled: state, finishedAt: null });
    this.setRunState(state === "compensating" ? state : "running");
  }

  applyToRun(event) {
    const state = RUN_STATES[event.kind];
    const over = OVER.has(state);
    this.run = Object.freeze({
      ...this.run,
      state: state === "waiting" ? waitingFor(event.data, this.nodes) : state,
      startedAt: this.run.startedAt ?? (event.kind === "run.started" ? event.at : null),
      finishedAt: over ? event.at : null,
      output: event.data?.output ?? this.run.output,
      error: event.data?.error ?? this.run.error,
    });
    if (over) this.settle(state, event.at);
    this.tell("run");
    this.tell("wires");
  }

  /** Steps that were still open when the run ended show how it ended. */
  settle(state, at) {
    for (const [id, node] of this.nodes) {
      if (["running", "retrying", "compensating", "waiting", "waiting_person", "waiting_event", "waiting_time"].includes(node.state)) {
        this.put(id, { state: state === "succeeded" ? "skipped" : "cancelled", finishedAt: at });
      }
    }
  }

  applyApproval(event) {
    if (!event.node_id) return;
    const open = event.kind === "approval.requested";
    const approvalId = event.data?.approval_id ?? event.data?.id ?? this.node(event.node_id).approvalId;
    this.put(event.node_id, open ? { state: "waiting_person", approvalId } : { state: "running", approvalId: null });
    if (open) this.setRunState("waiting_person");
    else this.setRunState("running");
  }

  setRunState(state) {
    if (OVER.has(this.run.state)) return;
    this.run = Object.freeze({ ...this.run, state });
    this.tell("run");
  }

  applyToNode(event) {
    const id = event.node_id;
    const old = this.node(id);
    const data = event.data ?? {};
    if (event.kind === "step.progress") return this.put(id, { message: data.message ?? "", fraction: data.fraction ?? null });
    if (event.kind === "step.token") return this.put(id, { text: this.speech.of(stepKey(event)) });
    const state = STEP_STATES[event.kind];
    if (!state || (state === "skipped" && this.elsewhere(old, event))) return undefined;
    const begins = event.kind === "step.started";
    const undoes = data.compensates ?? old.undoes;
    const rolled = undoes ? ROLLING[state] : !begins && old.rolled === "compensated" ? "compensated" : null;
    if (undoes && state === "succeeded") this.put(undoes, { state: "compensated" });
    this.put(id, {
      path: event.path ?? "",
      undoes,
      rolled: begins ? null : old.rolled,
      state: rolled ?? (state === "waiting" ? waitingWord(data, old) : state),
      startedAt: begins ? event.at : (old.startedAt ?? event.at),
      finishedAt: begins || !["succeeded", "failed", "skipped"].includes(state) ? null : event.at,
      visits: begins && event.attempt === 1 ? (old.visits ?? 0) + 1 : (old.visits ?? 1),
      attempt: event.attempt,
      cause: state === "failed" || state === "retrying" ? causeOf(data.error ?? data.message) : "",
      code: data.error?.code ?? "",
      message: begins ? "" : old.message,
      text: this.speech.of(stepKey(event)),
      fraction: null,
    });
    if (state === "succeeded") this.leave(id, data.port ?? "out");
    if (state === "failed" && data.port) this.leave(id, data.port);
    if (begins && ["waiting_person", "waiting_event", "waiting_time", "queued"].includes(this.run.state)) this.setRunState(undoes ? "compensating" : "running");
    return undefined;
  }

  /** Whether another playing of its container came to the node, or is at it: the one that passed it by does not hide that. */
  elsewhere(node, event) {
    return node.state && node.state !== "skipped" && node.path !== (event.path ?? "");
  }

  leave(id, port) {
    this.left.add(`${id}.${port}`);
    this.tell("wires");
  }

  put(id, changes) {
    this.nodes.set(id, Object.freeze({ ...this.node(id), ...changes }));
    this.tell(id);
  }

  /** "taken", "untaken", "flowing" or null for a wire. */
  wire(source, port, target) {
    const from = this.node(source).state;
    if (!this.run.id) return null;
    if (this.left.has(`${source}.${port}`)) {
      const to = this.node(target).state;
      return to === "running" && !OVER.has(this.run.state) ? "flowing" : "taken";
    }
    if (OVER.has(this.run.state) || from === "succeeded" || from === "skipped") return "untaken";
    return null;
  }
}

function waitingWord(data, old) {
  if (old.state === "waiting_person") return old.state;
  const reason = String(data.for ?? data.why ?? data.reason ?? data.key ?? "");
  if (/person|approval/.test(reason)) return "waiting_person";
  if (reason === "event") return "waiting_event";
  return /time/.test(reason) || data.wake_at || data.until ? "waiting_time" : "waiting";
}

function waitingFor(data, nodes) {
  const states = [...nodes.values()].map((node) => node.state);
  if (states.includes("waiting_person")) return "waiting_person";
  if (states.includes("waiting_event")) return "waiting_event";
  return data?.wake_at || states.includes("waiting_time") ? "waiting_time" : "waiting";
}
