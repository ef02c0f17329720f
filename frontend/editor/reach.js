// What can be taken hold of stays as large as a fingertip at any zoom: style sheets read `--qc-inverse`.

const CALM = 120; // ms without another zoom: each change draws all ports anew
const STEP = 1.15;

/** How much smaller than its own size the canvas is drawn, in steps; 1 where it is not. */
export const inverse = (zoom) => (zoom >= 1 ? 1 : Number((STEP ** Math.ceil(Math.log(1 / zoom) / Math.log(STEP))).toFixed(3)));

/** Follow the zoom of a canvas; what it gives back ends that. */
export function reaching(frame, store) {
  let [timer, standing] = [null, null];
  const set = () => {
    const next = inverse(store.getState().transform[2]);
    if (next !== standing) frame.style.setProperty("--qc-inverse", next);
    standing = next;
  };
  set();
  const stop = store.subscribe(({ transform }) => {
    if (inverse(transform[2]) === standing) return;
    clearTimeout(timer);
    timer = setTimeout(set, CALM);
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}
