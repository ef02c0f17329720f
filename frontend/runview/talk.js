// A discussion of one step as it is read: in rounds, what each of them said, wrote, decided, or handed over and why.
import { stepKey } from "./fold.js";

const SORTS = new Set(["says", "notes", "hands_over", "judges", "closes"]);

/** What is said in discussions, by the step's key. Pure. */
export function talksOf(events) {
  const found = new Map();
  for (const event of events) {
    if (event.kind !== "agent.message" || !SORTS.has(event.data?.sort)) continue;
    const key = stepKey(event);
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(event);
  }
  return new Map([...found].map(([key, said]) => [key, inRounds(said)]));
}

/** Each with its round: a new one begins when somebody speaks again, or after a judgement. The closing words are in none. */
function inRounds(events) {
  const found = [];
  let [round, spoken, over] = [1, new Set(), false];
  for (const event of events) {
    const { sort, from, to, text, reason } = event.data;
    if (sort === "says" || sort === "notes") {
      if (over || spoken.has(from)) [round, spoken] = [round + 1, new Set()];
      spoken.add(from);
    }
    over = sort === "judges";
    found.push({ seq: event.seq, sort, from, to, text, reason, round: sort === "closes" ? 0 : round });
  }
  return found;
}

const has = (talk, sort) => talk.some((one) => one.sort === sort);

/** Whether they go from hand to hand, and not in rounds. */
export const goesOn = (talk) => has(talk, "hands_over");

/** What it is called: by what they do in it. */
export const titleOf = (talk) => (has(talk, "notes") ? "Board" : goesOn(talk) ? "Hand-overs" : "Discussion");
