// Says what happens while the server cannot be reached, and that all came together again. The canvas stays as it is.

import { memo, useEffect, useRef, useState } from "react";
import { Icon } from "../components/icons.jsx";
import { useDraftState, useEditor } from "./hooks.js";

const PATIENCE = 1500; // a short gap needs no banner
const LINGER = 4000;

/** "gone", "back" while both sides catch up, "together" for a moment, or null. */
function usePhase() {
  const { saved } = useDraftState();
  const [phase, setPhase] = useState(null);
  const was = useRef(null);
  useEffect(() => {
    const show = (next, after) => {
      const timer = setTimeout(() => {
        was.current = next;
        setPhase(next);
      }, after);
      return () => clearTimeout(timer);
    };
    if (saved === "offline") return was.current === "gone" ? undefined : show("gone", PATIENCE);
    if (was.current === "gone") {
      was.current = "back";
      setPhase("back");
    }
    if (was.current === "back" && (saved === "saved" || saved === "read-only")) {
      was.current = "together";
      setPhase("together");
    }
    return was.current === "together" ? show(null, LINGER) : undefined;
  }, [saved, phase]);
  return phase;
}

const WORDS = {
  gone: ["cloud-off", "No connection. Go on working: your changes are kept in this browser and merged with those of the others when the server is back."],
  back: ["loader-circle", "Connected again. Catching up with what others did meanwhile …"],
  together: ["check", "Connected again: everything is saved, and you see what others did meanwhile."],
};

export const Connection = memo(function Connection() {
  const { draft } = useEditor();
  const phase = usePhase();
  if (!phase) return null;
  const [icon, words] = WORDS[phase];
  const shown = phase === "gone" && !draft.canEdit ? "No connection. What you see may be old; it is brought up to date when the server is back." : words;
  return (
    <div className="qe-connection qe-float" role="status" data-testid="connection" data-phase={phase}>
      <Icon name={icon} size={15} />
      <span>{shown}</span>
    </div>
  );
});
