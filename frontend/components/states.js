// The words, variables and icons of run states: the same as STATES in frontend/theme.py, which a test compares.

const look = (word, icon, turns = false) => ({ word, icon, turns });

export const STATES = {
  queued: look("Queued", "clock"),
  running: look("Running", "loader-circle", true),
  waiting_person: look("Waiting for a person", "hand"),
  waiting_event: look("Waiting for an event", "mail"),
  waiting_time: look("Waiting for time", "hourglass"),
  waiting: look("Waiting", "hourglass"),
  retrying: look("Retrying", "rotate-cw"),
  recovering: look("Crashed, recovering", "life-buoy"),
  paused: look("Paused", "pause"),
  compensating: look("Compensating", "undo-2"),
  compensated: look("Compensated", "undo-2"),
  succeeded: look("Succeeded", "check"),
  warnings: look("Succeeded with warnings", "triangle-alert"),
  failed: look("Failed", "x"),
  cancelled: look("Cancelled", "square"),
  timed_out: look("Timed out", "alarm-clock"),
  skipped: look("Skipped", "circle-dashed"),
};

export const TERMINAL = new Set(["succeeded", "failed", "cancelled", "timed_out", "skipped"]);

/** A state as it is shown; an unknown one shows its own name. */
export function lookOf(state) {
  return STATES[state] ?? look(state, "circle-dashed");
}

/** The CSS variable of a state: `stateColour("failed", "ink")`. */
export function stateColour(state, part = "") {
  const name = STATES[state] ? state.replaceAll("_", "-") : "queued";
  return `var(--qk-state-${name}${part ? `-${part}` : ""})`;
}
