// Secrets that nodes name and the team does not have: found in the problems, mended in the node or in the team.

import { api, entries } from "../components/api.js";

const STEP = /\.([^.[\]]+)|\[(\d+)\]/g;

/** Where in a node's settings a problem is: ["secret"] or ["headers", 0, "value"]. */
function pathOf({ place, node_id: id }) {
  const inside = place.slice(`nodes.${id}.config`.length);
  return [...inside.matchAll(STEP)].map(([, name, index]) => name ?? Number(index));
}

const valueAt = (value, path) => path.reduce((at, part) => at?.[part], value);

/** For each missing secret of a node where it is asked for and how it is called. */
export function missingOf(problems, node) {
  return problems
    .filter((problem) => problem.code === "missing_secret" && problem.node_id === node.id)
    .map((problem) => ({ path: pathOf(problem), name: valueAt(node.config, pathOf(problem)) }))
    .filter((one) => typeof one.name === "string");
}

/** The first missing secret of each node, for its card. */
export function missingByNode(problems, model) {
  const found = {};
  for (const { node_id: id } of problems.filter((problem) => problem.code === "missing_secret")) {
    const node = model.node(id);
    const [first] = node ? missingOf(problems, node) : [];
    if (first) found[id] = first.name;
  }
  return found;
}

export const teamSecrets = () => api.get("/secrets").then((page) => entries(page).map((one) => one.name), () => []);

/** The team gets the secret; every node that names it is whole again. */
export const addSecret = (name, value) => api.put(`/secrets/${encodeURIComponent(name)}`, { value });

function changedAt(value, [part, ...rest], next) {
  if (part === undefined) return next;
  const copy = Array.isArray(value) ? [...value] : { ...value };
  copy[part] = changedAt(value?.[part], rest, next);
  return copy;
}

/** The node names another secret at these places, as one step. */
export function renameSecret({ draft, edits, model }, id, missing, next) {
  draft.edit(() => {
    for (const { path: [field, ...rest] } of missing) edits.setConfig(id, field, changedAt(model.node(id).config[field], rest, next));
  });
}
