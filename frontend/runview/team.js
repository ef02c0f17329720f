// Who works in a node in which several agents do, read from what they say to each other.

/** The teams with this event taken in; the same map where it says nothing of them. Pure. */
export function foldTeam(teams, event) {
  if (event.kind !== "agent.message") return teams;
  const { sort, from, to, ok } = event.data ?? {};
  if (!sort) return teams; // hidden from this reader
  const known = (teams.get(event.node_id) ?? []).map((one) => (one.state === "speaking" ? { ...one, state: "done" } : one));
  const put = (name, state, more) => {
    const at = known.findIndex((one) => one.name === name);
    const old = at < 0 ? { name, tasks: 0 } : known[at];
    known.splice(at < 0 ? known.length : at, 1, { ...old, state, tasks: old.tasks + more });
  };
  if (sort === "task") put(to, "working", 1);
  else if (sort === "answer") put(from, ok === false ? "failed" : "done", 0);
  else put(from, "speaking", 1);
  return new Map(teams).set(event.node_id, known);
}

const WORDS = { working: "at work", done: "is done", failed: "failed", speaking: "spoke last" };

/** One of them in words. */
export const inWords = (one, running) => `${one.name} ${one.state === "working" && !running ? "was at work" : WORDS[one.state]}, ${one.tasks} ${one.tasks === 1 ? "turn" : "turns"}`;
