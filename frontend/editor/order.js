// The diagram in the order in which people read it: along the wires, each container followed by its body.

/** Nodes of one level along the wires, as far as they have some; else from left to right. */
export function inOrder(model, parent) {
  const level = model.children(parent).sort((a, b) => a.position.x - b.position.x || a.position.y - b.position.y);
  const into = new Map(level.map((node) => [node.id, 0]));
  const wires = [...model.wires.values()].filter((wire) => into.has(wire.source) && into.has(wire.target));
  for (const wire of wires) into.set(wire.target, into.get(wire.target) + 1);
  const ready = level.filter((node) => into.get(node.id) === 0);
  const ordered = new Set();
  while (ready.length) {
    const node = ready.shift();
    ordered.add(node);
    for (const wire of wires.filter((one) => one.source === node.id)) {
      into.set(wire.target, into.get(wire.target) - 1);
      if (into.get(wire.target) === 0) ready.push(model.node(wire.target));
    }
  }
  return [...ordered, ...level.filter((node) => !ordered.has(node))];
}

/** All nodes as rows: how deep each lies, and its place among its neighbours. */
export function rowsOf(model, closed = new Set(), parent = null, depth = 0) {
  const level = inOrder(model, parent);
  return level.flatMap((node, i) => {
    const inner = depth < 20 ? model.children(node.id).length : 0;
    const row = { node, depth, at: i + 1, of: level.length, parent, holds: inner > 0, open: inner > 0 && !closed.has(node.id) };
    return [row, ...(row.open ? rowsOf(model, closed, node.id, depth + 1) : [])];
  });
}

let known = { model: null, version: -1, order: [] };

/** Everything that the Tab key visits: nodes in graph order, then wires by where they begin. */
export function tabOrder(model) {
  if (known.model === model && known.version === model.version) return known.order;
  const nodes = rowsOf(model).map(({ node }) => node.id);
  const place = new Map(nodes.map((id, i) => [id, i]));
  const wires = [...model.wires.values()].filter((wire) => place.has(wire.source) && place.has(wire.target));
  wires.sort((a, b) => place.get(a.source) - place.get(b.source) || place.get(a.target) - place.get(b.target));
  const order = [...nodes.map((id) => ({ sort: "node", id })), ...wires.map((wire) => ({ sort: "wire", id: wire.id }))];
  known = { model, version: model.version, order };
  return order;
}
