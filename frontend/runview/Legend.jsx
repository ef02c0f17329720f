// After a recovery, or in a fork: which steps stood, which were entered again, which are new. Green, amber, violet.

export const PARTS = {
  reused: ["Reused", "Finished before; its result stands and did not run again."],
  again: ["Entered again", "It was under way when its worker was lost, and was entered again under the same key."],
  fresh: ["Runs fresh", "Played after the run went on."],
};

/** For each step its part; null where the run was played in one go. */
export function partsOf(picture) {
  const resumed = picture.events.filter((event) => event.kind === "run.resumed" && !event.data.by).map((event) => event.seq);
  const steps = [...picture.steps.values()];
  const kept = steps.some((step) => step.kept);
  const recovered = resumed.findLast((seq) => steps.some((step) => step.startSeq < seq && (step.endSeq ?? Infinity) > seq && !waited(step, seq)));
  if (!recovered && !kept) return null;
  const parts = new Map();
  for (const step of steps) {
    if (step.kept || (recovered && step.endSeq && step.endSeq < recovered)) parts.set(step.key, "reused");
    else if (recovered && step.startSeq < recovered) parts.set(step.key, "again");
    else if (step.startSeq) parts.set(step.key, "fresh");
  }
  return parts;
}

/** A step that waits lets its run sleep: to go on from there is no recovery. */
const waited = (step, seq) => step.waits.some((wait) => wait.seq < seq && (wait.endSeq ?? Infinity) >= seq);

export function Legend({ parts }) {
  if (!parts) return null;
  const counts = [...parts.values()].reduce((all, part) => ({ ...all, [part]: (all[part] ?? 0) + 1 }), {});
  return (
    <span className="qv-legend" role="note" aria-label="What was reused" data-testid="legend">
      {Object.entries(PARTS).map(([part, [word, why]]) => counts[part] && (
        <span key={part} data-part={part} title={why}>{word} {counts[part]}</span>
      ))}
    </span>
  );
}
