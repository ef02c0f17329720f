// A long list of which only the rows in sight are in the page; rows may differ in height.
import { useEffect, useMemo, useRef, useState } from "react";

const SPARE = 400; // pixels drawn above and below what is seen

/** `heightOf(row)` in pixels, `keyOf(row)`; `goTo` is the index of a row that is brought into sight when it changes. */
export function VirtualRows({ rows, heightOf, keyOf, draw, goTo = -1, stick = false, head = null, label, className = "", ...props }) {
  const scroller = useRef(null);
  const [seen, setSeen] = useState({ top: 0, height: 320 });
  const tops = useMemo(() => {
    const found = [0];
    for (const row of rows) found.push(found[found.length - 1] + heightOf(row));
    return found;
  }, [rows, heightOf]);
  useEffect(() => {
    const box = scroller.current;
    const look = () => setSeen({ top: box.scrollTop, height: box.clientHeight });
    const sized = new ResizeObserver(look);
    sized.observe(box);
    return () => sized.disconnect();
  }, []);
  useEffect(() => {
    const box = scroller.current;
    if (goTo < 0) return;
    const [top, bottom] = [tops[goTo], tops[goTo + 1]];
    if (top < box.scrollTop || bottom > box.scrollTop + box.clientHeight) box.scrollTop = Math.max(0, top - box.clientHeight / 2);
    // The heights of rows that come later do not move what is looked at.
  }, [goTo]);
  useEffect(() => {
    if (stick) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [stick, rows.length]);
  const first = Math.max(0, above(tops, seen.top - SPARE));
  const last = Math.min(rows.length, above(tops, seen.top + seen.height + SPARE) + 1);
  return (
    <div ref={scroller} className={`qv-scroll ${className}`} role="region" aria-label={label} tabIndex={0} data-rows={rows.length} onScroll={(e) => setSeen({ top: e.currentTarget.scrollTop, height: e.currentTarget.clientHeight })} {...props}>
      {head}
      <div style={{ height: tops[rows.length], position: "relative" }}>
        <div style={{ position: "absolute", left: 0, right: 0, top: 0, transform: `translateY(${tops[first]}px)` }}>
          {rows.slice(first, last).map((row) => (
            <div key={keyOf(row)} style={{ height: heightOf(row) }}>{draw(row)}</div>
          ))}
        </div>
      </div>
    </div>
  );
}

/** The last row that begins at or above this height. */
function above(tops, y) {
  let [low, high] = [0, tops.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle] <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}
