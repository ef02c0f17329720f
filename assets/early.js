// A page is seen before its script listens: what button was pressed last until then is pressed again as soon as it does.
(() => {
  const PARTS = ["pointerdown", "mousedown", "pointerup", "mouseup", "click"];
  const BUTTONS = ".qk-shell button";
  let held = [];

  const hold = (event) => {
    const button = event.isTrusted && event.target.closest?.(BUTTONS);
    if (!button) return;
    const isByKey = event.type === "click" && event.detail === 0;
    if (event.type === "pointerdown" || isByKey) held = [];
    held.push([event, button]);
    event.stopImmediatePropagation();
    if (event.type === "click") event.preventDefault();
  };

  // What the server told meanwhile may have drawn the page anew.
  const looks = (button) => `${button.className} ${button.ariaLabel || button.textContent}`;
  const still = (button) => (button.isConnected ? button : [...document.querySelectorAll(BUTTONS)].find((one) => looks(one) === looks(button)));

  for (const part of PARTS) addEventListener(part, hold, true);
  window.quadrilleListens = new Promise((resolve) => addEventListener("quadrille-listens", resolve, { once: true }));
  window.quadrilleListens.then(() => {
    for (const part of PARTS) removeEventListener(part, hold, true);
    for (const [event, button] of held) still(button)?.dispatchEvent(new event.constructor(event.type, event));
  });
})();
