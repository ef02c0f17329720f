// What went along a wire in the last run that played its source.

import { memo, useEffect, useRef, useState } from "react";
import { Icon } from "../components/icons.jsx";
import { DataView, ViewChoice } from "./DataView.jsx";
import { useData } from "./data_hooks.js";
import { useEditor, useUi } from "./hooks.js";

export const Travelled = memo(function Travelled() {
  const { ui, data, model } = useEditor();
  const at = useUi((state) => state.travelled ?? null);
  const known = useData(() => (at ? data.node(at.source) : null) ?? null);
  const [view, setView] = useState("tree");
  const panel = useRef(null);
  useEffect(() => {
    if (!at) return undefined;
    panel.current?.focus();
    const away = (event) => !panel.current?.contains(event.target) && ui.set({ travelled: null });
    window.addEventListener("pointerdown", away, true);
    return () => window.removeEventListener("pointerdown", away, true);
  }, [at, ui]);
  if (!at || !known) return null;
  const left = Math.max(8, Math.min(at.x, window.innerWidth - 380));
  const top = Math.min(at.y + 12, window.innerHeight - 340);
  return (
    <div ref={panel} tabIndex={-1} className="qe-travelled qe-float" role="dialog" aria-label="What went along the wire" data-testid="travelled" style={{ position: "fixed", left, top }} onKeyDown={(event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      ui.set({ travelled: null });
    }}>
      <div className="qe-pane-head"><h3 className="qc-clip">From {model.node(at.source)?.name || at.source}{at.port === "out" ? "" : `, ${at.port}`}</h3><ViewChoice view={view} onChange={setView} /><button type="button" className="qe-tool" aria-label="Close" onClick={() => ui.set({ travelled: null })}><Icon name="x" size={14} /></button></div>
      {known.visits > 1 && <p className="qe-note">Played {known.visits} times; this is the last that was given{known.port === at.port ? "" : `, by “${known.port}”`}.</p>}
      <div className="qe-travelled-body">{known.redacted ? <p className="qe-none">Your role may watch runs, not read their values.</p> : <DataView value={known.output} view={view} />}</div>
    </div>
  );
});
