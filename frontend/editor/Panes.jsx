// The panes of the editor by name; each is drawn once it is wanted and has come.

import { memo, useEffect, useRef, useState } from "react";
import { aside, fetchAside } from "./aside.js";
import { useEditor, useUi } from "./hooks.js";

const MISSING = "This part of the editor could not be loaded. Check the connection, and try it again.";

function useAside(wanted) {
  const { ui } = useEditor();
  const [parts, setParts] = useState(aside);
  useEffect(() => {
    let gone = false;
    if (wanted && !parts) fetchAside().then((found) => !gone && setParts(() => found), () => ui.hint(MISSING, "error"));
    return () => {
      gone = true;
    };
  }, [wanted, parts, ui]);
  return parts ?? aside(); // once it is there, a pane stands at once: what is typed next is meant for it
}

/** A pane that was wanted once stays, so that it can close in its own way; it says itself when it shows nothing. */
function pane(name, isWanted = () => true) {
  return memo(function Wanted() {
    const now = Boolean(useUi(isWanted));
    const once = useRef(false);
    once.current ||= now;
    const Pane = useAside(now)?.[name];
    return once.current && Pane ? <Pane /> : null;
  });
}

export const CommentList = pane("CommentList", (ui) => ui.commentsOpen);
export const CompareStage = pane("CompareStage");
export const Dialogs = pane("Dialogs", (ui) => ui.dialog);
export const FindBar = pane("FindBar", (ui) => ui.find.open);
export const HistoryPanel = pane("HistoryPanel", (ui) => ui.history);
export const Inspector = pane("Inspector", (ui) => ui.inspector);
export const Outline = pane("Outline");
export const OutlinePanel = pane("OutlinePanel", (ui) => ui.outline);
export const ProblemsPanel = pane("ProblemsPanel", (ui) => ui.problemsOpen);
export const RunStrip = pane("RunStrip", (ui) => ui.strip);
export const Travelled = pane("Travelled", (ui) => ui.travelled);
export const TryMenu = pane("TryMenu", (ui) => ui.trying);
