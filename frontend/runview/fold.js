// Folds the events of a run into what the views draw. Pure: the same events give the same picture, whatever view asks.

import { stepKey } from "../components/speech.js";
import { foldSpent } from "./spent.js";
import { foldTeam } from "./team.js";
import { callAround } from "./time.js";

export { stepKey };

export const EMPTY = Object.freeze({
  run: { status: "queued", queuedAt: null, startedAt: null, finishedAt: null, error: null, output: null, queues: [], stoppedAt: null },
  steps: new Map(),
  order: [],
  sagas: new Map(), // those that were rolled back, by the key of their step
  teams: new Map(), // the agents that work in a node, by the node
  spent: new Map(), // what models took in the newest visit of a node, by the node
  events: [],
  lastSeq: 0,
});

const RUN_STATUS = {
  "run.queued": "queued",
  "run.started": "running",
  "run.resumed": "running",
  "run.paused": "paused",
  "run.succeeded": "succeeded",
  "run.failed": "failed",
  "run.cancelled": "cancelled",
};
const STEP_STATUS = {
  "step.started": "running",
  "step.waiting": "waiting",
  "state.transition": "running",
  "step.retrying": "retrying",
  "step.succeeded": "succeeded",
  "step.failed": "failed",
  "step.skipped": "skipped",
};
const SAGA_STATUS = { "saga.compensating": "compensating", "saga.compensated": "compensated", "saga.failed": "failed" };
const WAITS = { person: "waiting_person", event: "waiting_event", time: "waiting_time", retry: "retrying" };
export const ENDED = new Set(["succeeded", "failed", "cancelled", "skipped", "timed_out"]);
const WAITING = new Set(Object.values(WAITS));

// Adds numbered events to a picture and gives a new one; rows already seen are ignored.
export function fold(picture, incoming) {
  const fresh = incoming.filter((event) => event.seq && event.seq > picture.lastSeq);
  if (!fresh.length) return picture;
  const next = {
    ...picture,
    run: { ...picture.run },
    steps: new Map(picture.steps),
    order: picture.order.slice(),
    sagas: picture.sagas,
    events: picture.events.concat(fresh),
    lastSeq: fresh[fresh.length - 1].seq,
  };
  for (const event of fresh) {
    if (event.kind === "run.repaired") foldRepair(next, event);
    else if (event.kind.startsWith("run.")) foldRun(next.run, event);
    else if (STEP_STATUS[event.kind]) foldStep(next, event);
    else if (SAGA_STATUS[event.kind]) foldSaga(next, event);
    else if (event.kind === "approval.decided") foldDecision(next, event);
    else if (event.kind === "agent.message") next.teams = foldTeam(next.teams, event);
    else next.spent = foldSpent(next.spent, event);
  }
  return next;
}

function foldRun(run, event) {
  if (event.kind === "run.waiting") {
    run.status = WAITS[event.data.for] ?? "waiting";
    return;
  }
  run.status = RUN_STATUS[event.kind] ?? run.status;
  foldQueue(run, event);
  if (event.kind === "run.paused") run.stoppedAt = event.data.at ?? null;
  else if (event.kind === "run.resumed") run.stoppedAt = null;
  if (event.kind === "run.started" && !run.startedAt) run.startedAt = event.at;
  if (["succeeded", "failed", "cancelled"].includes(run.status)) run.finishedAt = event.at;
  if (event.data.error) run.error = event.data.error;
}

/** Steps that a repair plays again have not ended any more. */
function foldRepair(picture, event) {
  for (const place of event.data.again ?? []) {
    const key = stepKey(place);
    const step = picture.steps.get(key);
    if (step) picture.steps.set(key, { ...step, status: "queued", finishedAt: null, endSeq: null, port: null, error: null });
  }
}

/** When it stood in the queue: until its first start, and from each resume by a person until a worker has taken it. */
function foldQueue(run, event) {
  const byPerson = event.kind === "run.resumed" && event.data.by;
  if (event.kind === "run.queued") run.queuedAt = event.at;
  if (event.kind === "run.queued" || byPerson) run.queues = run.queues.concat({ from: event.at, to: null });
  else if (event.kind === "run.started" || event.kind === "run.resumed" || run.finishedAt) run.queues = run.queues.map((one) => (one.to ? one : { ...one, to: event.at }));
}

/** Who ended a wait for people. */
function foldDecision(picture, event) {
  const key = stepKey(event);
  const step = picture.steps.get(key);
  if (!step?.waits.length) return;
  const waits = closeWait(step.waits, event);
  waits[waits.length - 1] = { ...waits[waits.length - 1], by: event.data.name ?? "" };
  picture.steps.set(key, { ...step, waits });
}

/** How far a rollback is: what is to be undone, and in the end what was. */
function foldSaga(picture, event) {
  const key = stepKey(event);
  const { error, nodes, undone, skipped, failed } = event.data;
  const known = picture.sagas.get(key) ?? { key, nodeId: event.node_id, error, nodes };
  const step = picture.steps.get(key);
  if (step) picture.steps.set(key, { ...step, rolled: SAGA_STATUS[event.kind] });
  picture.sagas = new Map(picture.sagas).set(key, { ...known, status: SAGA_STATUS[event.kind], undone, skipped, failed });
}

/** A compensation says what it undoes; the step that it has undone is marked. */
function markUndone(picture, event) {
  const key = stepKey({ ...event, node_id: event.data.compensates });
  const step = picture.steps.get(key);
  const how = event.kind === "step.succeeded" ? "undone" : event.data.port === "skipped" ? "left" : "stuck";
  if (step) picture.steps.set(key, { ...step, undone: how, undoneBy: event.node_id });
}

/** A rollback is told apart from forward work wherever a state is shown. */
export function shownState(step) {
  if (step.rolled && step.rolled !== "failed" && !WAITING.has(step.status)) return step.rolled;
  if (!step.undoes) return step.status;
  return { running: "compensating", succeeded: "compensated" }[step.status] ?? step.status;
}

function foldStep(picture, event) {
  const key = stepKey(event);
  const known = picture.steps.get(key);
  const step = known
    ? { ...known, attempts: known.attempts.slice() }
    : { key, nodeId: callAround(event.path) ? `› ${event.node_id}` : event.node_id, path: event.path ?? "", visit: event.visit ?? 1, attempts: [], waits: [], startSeq: event.seq };
  if (!known) picture.order.push(key);
  step.status = STEP_STATUS[event.kind];
  step.waits = closeWait(step.waits, event);
  if (event.kind === "step.started") {
    step.startedAt ??= event.at;
    step.attempts.push({ number: event.attempt ?? step.attempts.length + 1, startedAt: event.at, status: "running" });
  } else if (event.kind === "step.waiting") {
    step.status = WAITS[event.data.for] ?? "waiting";
    step.waits.push({ startedAt: event.at, for: event.data.for, seq: event.seq });
    step.childRun = event.data.run_id;
    step.events = event.data.for === "event" && !event.data.run_id ? (event.data.events ?? [{ name: event.data.name, key: event.data.key ?? "" }]) : [];
  } else if (event.kind !== "state.transition" && !event.data.away_since) {
    // A part of the installation that is away is waited for inside the same attempt.
    endAttempt(step, event);
  }
  step.undoes ??= event.data.compensates;
  if (event.data.compensates && ENDED.has(step.status)) markUndone(picture, event);
  if (ENDED.has(step.status)) {
    step.finishedAt = event.at;
    step.endSeq = event.seq;
    step.port = event.data.port;
    step.given = event.data.given;
    step.kept = event.data.kept_from;
  }
  if (event.data.error) step.error = event.data.error;
  picture.steps.set(key, step);
}

function closeWait(waits, event) {
  const last = waits[waits.length - 1];
  if (!last || last.finishedAt) return waits.slice();
  return [...waits.slice(0, -1), { ...last, finishedAt: event.at, endSeq: event.seq }];
}

function endAttempt(step, event) {
  const last = step.attempts[step.attempts.length - 1];
  const status = event.kind === "step.retrying" ? "failed" : STEP_STATUS[event.kind];
  if (last && !last.finishedAt) {
    step.attempts[step.attempts.length - 1] = { ...last, finishedAt: event.at, status, error: event.data.error };
  }
}
