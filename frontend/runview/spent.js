// What the models of a node have taken of its limits, read from what they answered.
import { stepKey } from "../components/speech.js";

/** What each node's models took in its newest visit, with this event taken in; the same map where it says nothing of that. Pure. */
export function foldSpent(spent, event) {
  if (event.kind !== "agent.said" || event.data?.input_tokens === undefined) return spent; // or hidden from this reader
  const step = stepKey(event);
  const before = spent.get(event.node_id);
  const { tokens, cost } = before?.step === step ? before : { tokens: 0, cost: 0 };
  const { input_tokens: read, output_tokens: wrote = 0, cost: paid } = event.data;
  return new Map(spent).set(event.node_id, { step, tokens: tokens + read + wrote, cost: cost + (paid ?? 0) });
}

const number = (value) => value.toLocaleString("en");
const money = (value) => `$${value.toFixed(value < 1 ? 4 : 2)}`;

/** The limit of which most is taken, as a share and in words; null where nothing is limited or nothing taken yet. Pure. */
export function shareOf(taken, config) {
  const limits = [
    { share: taken.tokens / config.max_tokens, words: `${number(taken.tokens)} of ${number(config.max_tokens ?? 0)} tokens` },
    { share: taken.cost / config.max_cost, words: `${money(taken.cost)} of ${money(config.max_cost ?? 0)}` },
  ];
  const found = limits.filter((one) => Number.isFinite(one.share)).sort((a, b) => b.share - a.share)[0];
  if (!found?.share) return null;
  const paid = taken.cost && !found.words.startsWith("$") ? ` · ${money(taken.cost)}` : "";
  return { share: Math.min(found.share, 1), words: found.words + paid };
}
