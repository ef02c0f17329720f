// Squared paper behind a diagram: 8 px minor and 64 px major lines, fading out far away.

import { memo, useCallback, useEffect, useRef } from "react";
import { useStoreApi } from "@xyflow/react";

const SQUARES = { minor: 8, major: 64 };
const STRETCH = { least: 0.5, most: 2 }; // a sheet of twice the canvas still covers it at the least
const CALM = 120; // ms without another zoom until the lines are drawn sharp again
const beyond = (at, tile) => ((at % tile) + tile) % tile;

/** Squares of this size; the lines stay a pixel wide at any zoom. */
function rule(svg, name, size) {
  const pattern = svg.querySelector(`#qc-paper-${name}`);
  pattern.setAttribute("width", size);
  pattern.setAttribute("height", size);
  pattern.firstChild.setAttribute("d", `M0 0.5H${size}M0.5 0V${size}`);
}

/** One sheet, larger than the canvas: panning shifts it and zooming stretches it; the lines are drawn anew once the zoom is over. */
export const Paper = memo(function Paper() {
  const store = useStoreApi();
  const sheet = useRef(null);
  useEffect(() => {
    const svg = sheet.current; // stays the same; React has let go of it when the store tells its last
    let ruled = 0; // the zoom that its lines were drawn for
    let calm = null;
    const draw = (zoom) => {
      ruled = zoom;
      svg.style.setProperty("--qc-square", `${SQUARES.major * zoom}px`);
      for (const [name, size] of Object.entries(SQUARES)) rule(svg, name, size * zoom);
    };
    const lay = ({ transform: [x, y, zoom] }) => {
      const stretch = zoom / ruled;
      if (!(stretch >= STRETCH.least && stretch <= STRETCH.most)) draw(zoom);
      if (zoom !== ruled) {
        clearTimeout(calm);
        calm = setTimeout(sharpen, CALM);
      }
      const tile = SQUARES.major * zoom;
      svg.style.transform = `translate(${beyond(x, tile) - tile}px, ${beyond(y, tile) - tile}px) scale(${zoom / ruled})`;
    };
    const sharpen = () => {
      const state = store.getState();
      draw(state.transform[2]);
      lay(state);
    };
    lay(store.getState());
    const stop = store.subscribe(lay);
    return () => {
      stop();
      clearTimeout(calm);
    };
  }, [store]);
  return (
    <svg ref={sheet} className="qc-paper" aria-hidden="true" data-testid="paper">
      <defs>
        {Object.keys(SQUARES).map((name) => (
          <pattern key={name} id={`qc-paper-${name}`} patternUnits="userSpaceOnUse"><path /></pattern>
        ))}
      </defs>
      {Object.keys(SQUARES).map((name) => <rect key={name} className={`qc-paper-${name}`} width="100%" height="100%" fill={`url(#qc-paper-${name})`} />)}
    </svg>
  );
});

const DISTANCES = [[0.25, "colour"], [0.5, "name"], [Infinity, "all"]];

/** Sets `data-detail` on the element as the zoom changes; style sheets do the rest, no node draws again. */
export function useDetail(element) {
  return useCallback(
    (_, viewport) => {
      const at = element.current;
      if (!at) return;
      const detail = DISTANCES.find(([below]) => viewport.zoom < below)[1];
      if (at.dataset.detail !== detail) at.dataset.detail = detail;
      const paper = viewport.zoom < 0.4 ? "far" : "near";
      if (at.dataset.paper !== paper) at.dataset.paper = paper;
    },
    [element],
  );
}
