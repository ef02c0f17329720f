// Gives the build's Node the time that a slow machine takes: React Router ends a build whose first page is not drawn
// within ten seconds, has no setting for it, and does not try again.
const LEAST = 900_000; // ms
const within = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => within(Math.max(ms, LEAST));
