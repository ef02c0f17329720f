// Where a card and its ports would be: what is out of sight of a large diagram is not drawn to be measured.

import { hasInput, portsOf } from "../components/kinds.js";

export const MANY = 150; // nodes; above, only what is in sight is drawn

const CARD = { width: 232, height: 72, head: 24, rows: 13, row: 24, first: 86 }; // of canvas.css: the heights of a card's parts
const PORT = { size: 10, inside: 1 };
const UNLIKE = 0.5; // no card is so high: React Flow takes over what it measures once the card is drawn

const port = (type, id, x, y) => ({ type, id, position: type === "target" ? "left" : "right", x: x - PORT.size / 2, y: y - PORT.size / 2, width: PORT.size, height: PORT.size });

/** Size and ports of a card that has never been drawn, as React Flow keeps them. */
export function unseen(kind, node) {
  const ports = portsOf(kind, node);
  const single = ports.length === 1 && ports[0] === "out";
  const right = CARD.width - PORT.inside;
  const out = ports.map((name, i) => port("source", name, right, single ? CARD.head : CARD.first + i * CARD.row));
  const rows = single || !ports.length ? 0 : CARD.rows + ports.length * CARD.row;
  return {
    measured: { width: CARD.width, height: CARD.height + rows - UNLIKE },
    handles: hasInput(kind) ? [port("target", "in", PORT.inside, CARD.head), ...out] : out,
  };
}

/** What has been measured needs no guess any longer. */
export function seen(nodes, changes) {
  const measured = new Set(changes.filter((change) => change.type === "dimensions").map((change) => change.id));
  if (!measured.size) return nodes;
  return nodes.map((node) => {
    if (!node.handles || !measured.has(node.id)) return node;
    const { handles: _guessed, ...rest } = node;
    return rest;
  });
}
