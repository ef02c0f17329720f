// The lines of a run's log: what steps wrote, and what their events tell of tries, errors and limits that went wrong.

const sentence = (error) => error?.message ?? error?.code ?? "failed";
const at = (moment) => (moment ? new Date(moment).toLocaleTimeString() : "");

const TELL = {
  "step.logged": ({ level, message }) => [level ?? "info", message ?? ""],
  "step.retrying": ({ error, until, of, away_since: away }, attempt) =>
    ["warning", away ? `Waits for what does not answer: ${sentence(error)}` : `Try ${attempt}${of ? ` of ${of}` : ""} failed: ${sentence(error)} Again at ${at(until)}.`],
  "step.failed": ({ error, port }) => ["error", `${sentence(error)}${port ? ` It leaves by ${port}.` : ""}`],
  "step.succeeded": ({ error, port }) =>
    error ? ["warning", `Goes on with its default output: ${sentence(error)}`] : port === "limit" || port === "exhausted" ? ["warning", "Came to its limit and leaves with the best it has."] : null,
  "tool.answered": ({ tool, ok }) => (ok === false ? ["warning", `The tool ${tool} failed.`] : null),
  "saga.stuck": ({ error }) => ["error", `Could not be undone: ${sentence(error)}`],
};

/** The event as a line with its level, or null where it says nothing for a log. */
export function lineOf(event) {
  const told = TELL[event.kind]?.(event.data ?? {}, event.attempt ?? 1);
  return told ? { ...event, level: told[0], text: told[1] } : null;
}
