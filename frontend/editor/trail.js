// The way into a sub-workflow as it stands in the address: `from=WORKFLOW.NODE,WORKFLOW.NODE`.

export const steps = (from) => from.split(",").filter(Boolean).map((part) => {
  const [workflow, node = ""] = part.split(".");
  return { workflow, node };
});

const told = (all) => all.map(({ workflow, node }) => `${workflow}.${node}`).join(",");

/** The address of a step of the way, with the steps before it. */
export function trailTo({ workflow, node }, before) {
  const query = new URLSearchParams({ ...(node ? { node } : {}), ...(before.length ? { from: told(before) } : {}) });
  return `/workflows/${workflow}${query.size ? `?${query}` : ""}`;
}

/** The address of a sub-workflow, entered from a node of a workflow. */
export const into = (sub, workflow, node, from) => `/workflows/${sub}?${new URLSearchParams({ from: told([...steps(from), { workflow, node }]) })}`;
