// One input a frame for `frames` frames, as a hand gives them, and the milliseconds between the frames.
async ({ gesture, frames }) => {
  const pane = document.querySelector(".react-flow__pane");
  const frame = pane.getBoundingClientRect();
  const middle = { x: frame.x + frame.width / 2, y: frame.y + frame.height / 2 };
  const say = (target, kind, more) => target.dispatchEvent(new (kind === "wheel" ? WheelEvent : MouseEvent)(kind, { bubbles: true, cancelable: true, view: window, clientX: middle.x, clientY: middle.y, ...more }));
  const way = (n) => (n % 60 < 30 ? 1 : -1); // there and back

  const near = ({ x, y, width, height }) => Math.hypot(x + width / 2 - middle.x, y + height / 2 - middle.y);
  const heads = [...document.querySelectorAll(".react-flow__node")].sort((a, b) => near(a.getBoundingClientRect()) - near(b.getBoundingClientRect()));
  const held = heads[0].querySelector(".qc-head");
  const at = held.getBoundingClientRect();
  const hand = { clientX: at.x + 40, clientY: at.y + at.height / 2 };
  const before = heads[0].style.transform;
  const viewport = document.querySelector(".react-flow__viewport");
  const stood = viewport.style.transform;

  const step = {
    drag: () => {
      hand.clientX += 6 * way(step.count);
      hand.clientY += 3 * way(step.count);
      say(window, "mousemove", { ...hand, buttons: 1 });
    },
    pan: () => say(pane, "wheel", { deltaX: 12 * way(step.count), deltaY: 5 * way(step.count) }),
    zoom: () => say(pane, "wheel", { deltaY: 8 * way(step.count), ctrlKey: true }),
    count: 0,
  };
  if (gesture === "drag") say(held, "mousedown", { ...hand, buttons: 1 });
  const spent = [];
  let moved = false;
  await new Promise((resolve) => {
    let last = null;
    const next = (now) => {
      if (last !== null) spent.push(now - last);
      last = now;
      moved ||= gesture === "drag" ? heads[0].style.transform !== before : viewport.style.transform !== stood;
      if (spent.length >= frames) return resolve();
      step[gesture]();
      step.count += 1;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  if (gesture === "drag") say(window, "mouseup", hand);
  return { spent, moved };
}
