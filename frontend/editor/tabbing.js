// The Tab key on the canvas: nodes in graph order, then wires; what is focused comes into sight.

import { tabOrder } from "./order.js";

const FOCUSABLE = ".react-flow__node, .react-flow__edge";
const WITHIN = 'a[href], button:not([tabindex="-1"]), input, textarea';

function elementOf(editor, { sort, id }) {
  const name = sort === "node" ? "node" : "edge";
  return editor.frame?.querySelector(`.react-flow__${name}[data-id="${CSS.escape(id)}"]`);
}

/** Nodes outside the view may not be drawn: the canvas goes there first. */
function focus(editor, stop, tries = 40) {
  const wire = stop.sort === "wire" ? editor.model.wires.get(stop.id) : null;
  editor.bring(wire ? wire.source : stop.id);
  const look = (left) => {
    const element = elementOf(editor, stop);
    if (element) return element.focus({ preventScroll: true });
    return left > 0 && requestAnimationFrame(() => look(left - 1));
  };
  look(tries);
}

/** Beyond the last stop the browser goes on from the end of the canvas, before the first from its beginning. */
function edgeOfCanvas(editor, back) {
  editor.frame.querySelector(back ? "[data-canvas-begins]" : "[data-canvas-ends]")?.focus();
}

export function tabbing(editor) {
  let tabbed = false;
  const press = (event) => {
    tabbed = event.key === "Tab";
    if (event.key !== "Tab" || event.ctrlKey || event.altKey || event.metaKey) return;
    const at = event.target.closest?.(FOCUSABLE);
    if (!at) return;
    const within = [...at.querySelectorAll(WITHIN)].filter((one) => one.offsetParent !== null);
    const place = within.indexOf(event.target);
    if (!event.shiftKey && within.length && place < within.length - 1) return; // first through what the node itself offers
    if (event.shiftKey && event.target !== at) return;
    const order = tabOrder(editor.model);
    const sort = at.classList.contains("react-flow__node") ? "node" : "wire";
    const index = order.findIndex((stop) => stop.sort === sort && stop.id === at.dataset.id);
    const next = order[index + (event.shiftKey ? -1 : 1)];
    if (!next) return edgeOfCanvas(editor, event.shiftKey);
    event.preventDefault();
    focus(editor, next);
  };
  /** Whoever comes by Tab from elsewhere begins at the first node, or at the last stop when going back. */
  const enter = (event) => {
    const at = event.target.closest?.(FOCUSABLE);
    if (!tabbed || !at || event.relatedTarget?.closest?.(FOCUSABLE)) return;
    tabbed = false;
    const order = tabOrder(editor.model);
    const back = Boolean(event.relatedTarget && event.relatedTarget.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_PRECEDING);
    const stop = back ? order.at(-1) : order[0];
    if (stop) focus(editor, stop);
  };
  const pointer = () => {
    tabbed = false;
  };
  const { frame } = editor;
  document.addEventListener("keydown", press, true);
  document.addEventListener("pointerdown", pointer, true);
  frame.addEventListener("focusin", enter);
  return () => {
    document.removeEventListener("keydown", press, true);
    document.removeEventListener("pointerdown", pointer, true);
    frame.removeEventListener("focusin", enter);
  };
}
