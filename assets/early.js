// A page is seen before its script listens. Until then this keeps what fields were given, which form was sent and which
// button was pressed last, and lets it happen once more as soon as the page listens.
(() => {
  const PARTS = ["pointerdown", "mousedown", "pointerup", "mouseup", "click"];
  const BUTTONS = ".qk-shell button", FORMS = ".qk-shell form";
  const FIELDS = ".qk-shell :is(input:not([type=file], [type=checkbox]), select, textarea)";
  let held = [];
  let sent = null;
  const given = new Map();

  const press = (event) => {
    const button = event.isTrusted && event.target.closest?.(BUTTONS);
    if (!button) return;
    const isByKey = event.type === "click" && event.detail === 0;
    if (event.type === "pointerdown" || isByKey) held = [];
    held.push([event, button]);
    event.stopImmediatePropagation();
    if (event.type === "click") event.preventDefault();
  };

  const give = (event) => {
    if (!event.target.matches?.(FIELDS)) return;
    given.set(event.target, event.target.value);
    event.stopImmediatePropagation();
  };

  const send = (event) => {
    if (!event.target.matches(FORMS)) return;
    sent = event.target;
    event.stopImmediatePropagation();
    event.preventDefault();
  };

  // What the server told meanwhile may have drawn the page anew.
  const looks = (one) => [one.tagName, one.className, one.ariaLabel || one.getAttribute("name") || one.textContent].join(" ");
  const still = (one, kind) => (one.isConnected ? one : [...document.querySelectorAll(kind)].find((other) => looks(other) === looks(one)));

  // React compares with what it saw last, so it has to see something else first; of that it is not told.
  const giveAgain = (field, value) => {
    if (!field) return;
    field.value = "";
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, value);
    field.dispatchEvent(new Event(field.matches("select") ? "change" : "input", { bubbles: true }));
  };

  const listeners = [...PARTS.map((part) => [part, press]), ["input", give], ["change", give], ["submit", send]];
  for (const [name, listener] of listeners) addEventListener(name, listener, true);
  window.quadrilleListens = new Promise((resolve) => addEventListener("quadrille-listens", resolve, { once: true }));
  window.quadrilleListens.then(() => {
    for (const [name, listener] of listeners) removeEventListener(name, listener, true);
    for (const [field, value] of given) giveAgain(still(field, FIELDS), value);
    if (sent) still(sent, FORMS)?.requestSubmit();
    for (const [event, button] of held) still(button, BUTTONS)?.dispatchEvent(new event.constructor(event.type, event));
  });
})();
