// A dot for each playing of a container's body, in the colour of its state; a click shows only the events of that one.

import { memo } from "react";
import { useLive } from "../components/live_hooks.js";
import { lookOf, stateColour } from "../components/states.js";
import { useEditor } from "./hooks.js";

const MOST = 9;
const spoken = (place) => place.split("/").map((part) => Number(part.split(":")[1]) + 1).join(".");

export const IterationDots = memo(function IterationDots({ id }) {
  const { live } = useEditor();
  const playings = useLive(`playings ${id}`, (all) => all.iterations.of(id));
  const chosen = useLive("filter", (all) => all.filter);
  if (!playings?.length) return null;
  const shown = playings.slice(0, MOST);
  return (
    <span className="qe-dots nodrag" role="group" aria-label="Playings" data-testid={`dots-${id}`}>
      {shown.map(({ place, state }) => (
        <button
          key={place}
          type="button"
          data-state={state}
          aria-pressed={chosen === place}
          title={`Number ${spoken(place)}: ${lookOf(state).word}`}
          aria-label={`Number ${spoken(place)}: ${lookOf(state).word}`}
          style={{ "--qc-state": stateColour(state) }}
          onClick={(event) => {
            event.stopPropagation();
            live.only(chosen === place ? null : place);
          }}
        />
      ))}
      {playings.length > MOST && <small>+{playings.length - MOST}</small>}
    </span>
  );
});
