// Passing marks on what stands on the canvas: set on its elements, so that no card and no wire draws again for them.

const WORDS = { fits: "data-fits", splice: "data-splice", drop: "data-drop", linked: "data-linked", found: "data-found" };

function put(element, name, value) {
  if (element && element.getAttribute(WORDS[name]) !== value) element.setAttribute(WORDS[name], value);
}

export class Marks {
  constructor(editor) {
    this.editor = editor;
    this.at = { splice: null, drop: null };
  }

  cards() {
    return this.editor.frame?.querySelectorAll(".react-flow__node") ?? [];
  }

  /** While a wire is drawn: who can take it, and nothing about the node that it comes from. */
  targets(from, why) {
    this.editor.frame.dataset.connecting = "true";
    for (const card of this.cards()) if (card.dataset.id !== from) put(card, "fits", why(card.dataset.id) ? "no" : "yes");
  }

  noTargets() {
    delete this.editor.frame?.dataset.connecting;
    this.clear("fits");
  }

  linked(ids) {
    this.clear("linked");
    for (const card of this.cards()) if (ids.has(card.dataset.id)) put(card, "linked", "true");
  }

  found(ids) {
    this.clear("found");
    for (const card of ids.size ? this.cards() : []) if (ids.has(card.dataset.id)) put(card, "found", "true");
  }

  /** The one wire that a node would be put into, or the one container that it would fall into. */
  only(name, id) {
    if (this.at[name] === id) return;
    this.clear(name);
    this.at[name] = id;
    if (!id) return;
    const kind = name === "splice" ? "edge" : "node";
    put(this.editor.frame.querySelector(`.react-flow__${kind}[data-id="${CSS.escape(id)}"]`), name, "true");
  }

  clear(name) {
    if (name in this.at) this.at[name] = null;
    for (const element of this.editor.frame?.querySelectorAll(`[${WORDS[name]}]`) ?? []) element.removeAttribute(WORDS[name]);
  }
}
