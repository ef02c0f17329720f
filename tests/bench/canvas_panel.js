// From the click on the nth node in sight until its panel is painted, in milliseconds.
async (nth) => {
  const frame = document.querySelector(".react-flow__pane").getBoundingClientRect();
  const free = ({ x, y, right, bottom }) => x > frame.x + 300 && y > frame.y + 80 && right < frame.right - 420 && bottom < frame.bottom - 160;
  const heads = [...document.querySelectorAll(".react-flow__node .qc-head")].filter((head) => free(head.getBoundingClientRect()));
  const head = heads[nth % heads.length];
  const { x, y } = head.getBoundingClientRect();
  const began = performance.now();
  for (const kind of ["mousedown", "mouseup", "click"]) head.dispatchEvent(new MouseEvent(kind, { bubbles: true, cancelable: true, view: window, clientX: x + 40, clientY: y + 10 }));
  const next = () => new Promise(requestAnimationFrame);
  while (!document.querySelector("[data-testid=inspector]")) await next();
  await next();
  await next(); // the frame that shows it has been drawn
  return performance.now() - began;
}
