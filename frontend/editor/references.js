// Which nodes read what which others gave, by the expressions in their settings.

const NODES = /\bnodes\.([a-z][a-z0-9_]*)/g;
const INPUT = /\binput\b\s*[.[}|]/;

function texts(value, into = []) {
  if (typeof value === "string") into.push(value);
  else if (value && typeof value === "object") for (const inner of Object.values(value)) texts(inner, into);
  return into;
}

/** Every pair of nodes {from, to} of which the second reads what the first gave. */
export function references({ model, kinds }) {
  const start = [...model.nodes.values()].find((node) => kinds.get(node.kind)?.role === "start")?.id;
  const pairs = [];
  for (const node of model.nodes.values()) {
    const said = texts(node.config).join("\n");
    const read = new Set([...said.matchAll(NODES)].map(([, id]) => id).filter((id) => id !== node.id && model.node(id)));
    if (start && start !== node.id && INPUT.test(said)) read.add(start);
    for (const from of read) pairs.push({ from, to: node.id });
  }
  return pairs;
}
