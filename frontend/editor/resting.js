// Providers of models that rest after failures (their circuit breaker is open): asked while the canvas has nodes that ask them.

import { api, entries } from "../components/api.js";
import { modelOf, providerOf } from "../components/kinds.js";

const EVERY = 30_000; // ms

function told({ failures, until, why }) {
  const at = new Date(until).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return `It failed ${failures} times in a row and is asked again at ${at}. ${why}`;
}

/** What to say of each provider that rests, by its name. */
export function restingOf(models) {
  const open = models.filter((model) => model.breaker?.state === "open" && providerOf(model.name));
  return Object.fromEntries(open.map((model) => [providerOf(model.name), told(model.breaker)]));
}

export async function askResting(editor) {
  const asks = [...editor.model.nodes.values()].some((node) => providerOf(modelOf(editor.kinds.get(node.kind), node)));
  if (!asks && !editor.ui.state.resting) return;
  const found = asks ? await api.get("/models?kind=chat").catch(() => null) : [];
  if (found && !editor.gone) editor.ui.set({ resting: restingOf(entries(found)) });
}

/** Ask again from time to time while somebody looks. Gives the function that ends it. */
export function watchResting(editor) {
  const timer = setInterval(() => document.visibilityState === "visible" && askResting(editor), EVERY);
  return () => clearInterval(timer);
}
