// Where a canvas stands when it opens: all of the diagram if that can be read, else its beginning at a readable size.

const READABLE = 0.5;
const CLOSE = 0.66;

/** The offset along one axis: centred when everything fits, else around `middle` without showing emptiness. */
function placed(from, size, middle, zoom, start, length) {
  if (size * zoom <= length) return start + (length - size * zoom) / 2 - from * zoom;
  const wanted = start + length / 2 - middle * zoom;
  return Math.min(start - from * zoom, Math.max(start + length - (from + size) * zoom, wanted));
}

function around(bounds, box, zoom, room) {
  return {
    x: placed(bounds.x, bounds.width, box.x + box.width / 2, zoom, room.x, room.width),
    y: placed(bounds.y, bounds.height, box.y + box.height / 2, zoom, room.y, room.height),
    zoom,
  };
}

/** `room` is what no panel covers, in pixels of the canvas; `box` is the node to begin with. */
export function openingView(bounds, box, room) {
  const fit = Math.min(room.width / bounds.width, room.height / bounds.height, 1);
  return around(bounds, box ?? bounds, fit >= READABLE ? fit : CLOSE, room);
}

const EDGE = 28; // px between the diagram and the canvas' border

/** All of an element but its edges, for a canvas over which nothing lies. */
export const roomIn = ({ clientWidth, clientHeight }) => ({ x: EDGE, y: EDGE, width: clientWidth - 2 * EDGE, height: clientHeight - 2 * EDGE });

/** The same zoom, moved so that a node is seen. */
export function movedTo(bounds, box, { zoom }, room) {
  return around(bounds, box, zoom, room);
}

export function inSight(box, { x, y, zoom }, room) {
  const left = box.x * zoom + x;
  const top = box.y * zoom + y;
  return left >= room.x && top >= room.y && left + box.width * zoom <= room.x + room.width && top + box.height * zoom <= room.y + room.height;
}
