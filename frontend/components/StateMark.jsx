// A run state as people see it everywhere: the same word, colour and icon; and the time a step takes or took.

import { useContext } from "react";
import { duration } from "./durations.js";
import { Icon } from "./icons.jsx";
import { StillContext, useNow } from "./live_hooks.js";
import { lookOf, stateColour } from "./states.js";

/** The small round sign at the right of a card. */
export function StateMark({ state, size = 18 }) {
  if (!state) return null;
  const look = lookOf(state);
  return (
    <span
      className="qc-mark"
      role="img"
      aria-label={look.word}
      title={look.word}
      style={{ width: size, height: size, background: stateColour(state, "soft"), color: stateColour(state, "ink") }}
    >
      <span className={look.turns ? "qc-turns" : undefined}>
        <Icon name={look.icon} size={Math.round(size * 0.62)} strokeWidth={2.25} />
      </span>
    </span>
  );
}

/** State as a chip with its word, as the pages draw it. */
export function StateChip({ state }) {
  const look = lookOf(state);
  return (
    <span className="qc-chip" data-state={state} style={{ background: stateColour(state, "soft"), color: stateColour(state, "ink") }}>
      <span className={look.turns ? "qc-turns" : undefined}>
        <Icon name={look.icon} size={13} />
      </span>
      {look.word}
    </span>
  );
}

/** The clock runs while `until` is empty, unless a moment of the past is shown. */
export function Elapsed({ since, until }) {
  const still = useContext(StillContext);
  const now = useNow(Boolean(since) && !until && !still);
  if (!since) return null;
  const end = until || still ? Date.parse(until || still) : now;
  return <span className="qc-elapsed">{duration(end - Date.parse(since))}</span>;
}
