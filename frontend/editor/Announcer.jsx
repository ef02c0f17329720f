// Says to screen readers what others see: what was selected and moved, what a run does, who came and went.

import { memo, useEffect, useState } from "react";
import { lookOf } from "../components/states.js";
import { useEditor } from "./hooks.js";

const PAUSE = 400;
const named = (editor, id) => editor.model.node(id)?.name || editor.kinds.get(editor.model.node(id)?.kind)?.title || id;

/** What changed where: positions of the selected nodes. */
function watchMoves(editor, say) {
  let last = new Map();
  const placed = () => new Map(editor.ui.state.selection.map((id) => [id, editor.model.node(id)]).filter(([, node]) => node).map(([id, { position }]) => [id, position]));
  const look = () => {
    const now = placed();
    const moved = [...now].filter(([id, at]) => last.has(id) && (last.get(id).x !== at.x || last.get(id).y !== at.y));
    last = now;
    if (moved.length === 1) say(`${named(editor, moved[0][0])} moved to ${Math.round(moved[0][1].x)}, ${Math.round(moved[0][1].y)}.`);
    else if (moved.length > 1) say(`${moved.length} nodes moved.`);
  };
  const stops = [editor.model.subscribe(look), editor.ui.subscribe(() => {
    last = placed();
  })];
  return () => stops.forEach((stop) => stop());
}

function watchSelection(editor, say) {
  let last = editor.ui.state.selection;
  return editor.ui.subscribe(() => {
    const { selection } = editor.ui.state;
    if (selection === last) return;
    last = selection;
    if (selection.length === 1) say(`${named(editor, selection[0])} selected.`);
    else if (selection.length > 1) say(`${selection.length} nodes selected.`);
  });
}

/** Every event tells of its step; what starts and ends at once is said once. */
function watchRun(editor, say) {
  const { live } = editor;
  let seen = 0;
  let state = null;
  const steps = live.subscribe("events", () => {
    const fresh = live.events.filter((event) => event.seq > seen);
    seen = live.events.at(-1)?.seq ?? 0;
    const ended = fresh.filter((event) => ["step.succeeded", "step.failed", "approval.requested"].includes(event.kind) && editor.model.node(event.node_id));
    const words = ended.slice(-3).map((event) => `${named(editor, event.node_id)} ${event.kind === "step.failed" ? "failed" : event.kind === "step.succeeded" ? "succeeded" : "waits for a decision"}`);
    if (words.length) say(`${words.join(", ")}.`);
  });
  const runs = live.subscribe("run", () => {
    if (live.run.state === state) return;
    state = live.run.state;
    if (!state) seen = 0;
    else say(`Run ${lookOf(state).word.toLowerCase()}.`);
  });
  return () => {
    steps();
    runs();
  };
}

export const Announcer = memo(function Announcer() {
  const editor = useEditor();
  const [words, setWords] = useState("");
  useEffect(() => {
    let waiting = [];
    let timer = null;
    const say = (sentence) => {
      waiting = [...waiting.slice(-3), sentence];
      timer ??= setTimeout(() => {
        setWords(waiting.join(" "));
        waiting = [];
        timer = null;
      }, PAUSE);
    };
    editor.announce = say;
    const stops = [watchMoves(editor, say), watchSelection(editor, say), watchRun(editor, say)];
    return () => {
      editor.announce = null;
      clearTimeout(timer);
      stops.forEach((stop) => stop());
    };
  }, [editor]);
  return <div className="qe-unseen" role="status" aria-live="polite" data-testid="announcer">{words}</div>;
});
