// What is open, selected and hinted in this browser: never part of the draft, never Reflex's business.

export class Ui {
  constructor(state) {
    this.state = Object.freeze(state);
    this.listeners = new Set();
  }

  set(changes) {
    const same = Object.entries(changes).every(([key, value]) => Object.is(this.state[key], value));
    if (same) return;
    this.state = Object.freeze({ ...this.state, ...changes });
    for (const listener of [...this.listeners]) listener();
  }

  subscribe = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get = () => this.state;

  hint(text, tone = "info") {
    clearTimeout(this.timer);
    this.set({ hint: { text, tone } });
    this.timer = setTimeout(() => this.set({ hint: null }), 4000);
  }
}

/** Remembered between visits; a browser that keeps nothing is fine too. */
export const remembered = {
  get(key, fallback) {
    try {
      return JSON.parse(localStorage.getItem(`quadrille:${key}`)) ?? fallback;
    } catch {
      return fallback;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(`quadrille:${key}`, JSON.stringify(value));
    } catch {
      // Private windows may refuse; the choice then lasts as long as the page.
    }
  },
};

export const WIDTH = { usual: 420, least: 340, most: 760, wide: 1080, beside: 300 };

/** How wide the panel of a node is on a canvas of this width. */
export function panelWidth(canvas) {
  const own = remembered.get("inspector-width", WIDTH.usual);
  return remembered.get("inspector-wide", false) ? Math.max(own, Math.min(WIDTH.wide, canvas - WIDTH.beside)) : own;
}

/** How far from the edges a diagram stays: panels float over the canvas. */
function edges({ ui, draft, frame }) {
  const { palette, strip, inspector, outline, history } = ui.state;
  return {
    top: 40,
    left: outline ? 340 : palette && draft.canEdit ? 256 : 40,
    right: inspector ? panelWidth(frame?.clientWidth ?? 0) + 40 : history ? 420 : 40,
    bottom: strip ? 290 : 88,
  };
}

/** Those edges as React Flow wants them for a fit. */
export function roomFor(editor) {
  const padding = Object.fromEntries(Object.entries(edges(editor)).map(([side, pixels]) => [side, `${pixels}px`]));
  return { padding, maxZoom: 1, minZoom: 0.1 };
}

/** The part of the canvas that no panel covers, in its own pixels. */
export function roomOn(editor) {
  const { top, left, right, bottom } = edges(editor);
  const { clientWidth, clientHeight } = editor.frame;
  return { x: left, y: top, width: Math.max(200, clientWidth - left - right), height: Math.max(120, clientHeight - top - bottom) };
}
