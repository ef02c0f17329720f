// While Shift is held over one selected node: a dotted line to every node whose output it reads, and to every reader.

import { memo, useEffect, useMemo, useState } from "react";
import { ViewportPortal } from "@xyflow/react";
import { useEditor, useModel, useUi } from "./hooks.js";
import { isTyping } from "./keyboard.js";
import { boxOf } from "./near.js";
import { references } from "./references.js";

function useShift() {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    const follow = (event) => setHeld(event.shiftKey && !isTyping(event.target));
    const off = () => setHeld(false);
    const all = { keydown: follow, keyup: follow, blur: off };
    for (const [name, listener] of Object.entries(all)) window.addEventListener(name, listener);
    return () => {
      for (const [name, listener] of Object.entries(all)) window.removeEventListener(name, listener);
    };
  }, []);
  return held;
}

function path(editor, { from, to }) {
  const [a, b] = [boxOf(editor, from), boxOf(editor, to)];
  const [x, y, toX, toY] = [a.x + a.width / 2, a.y, b.x + b.width / 2, b.y];
  const lift = 40 + Math.min(90, Math.abs(toX - x) / 8);
  return `M${x} ${y}C${x} ${y - lift} ${toX} ${toY - lift} ${toX} ${toY - 4}`;
}

function Links({ of }) {
  const editor = useEditor();
  const version = useModel((model) => model.version);
  const pairs = useMemo(() => references(editor).filter(({ from, to }) => from === of || to === of), [editor, of, version]);
  useEffect(() => {
    editor.marks.linked(new Set(pairs.flatMap(({ from, to }) => [from, to])));
    return () => editor.marks.clear("linked");
  }, [editor, pairs]);
  return (
    <ViewportPortal>
      <svg className="qe-overlay" data-testid="variable-links" aria-hidden="true">
        {pairs.filter(({ from, to }) => editor.flow.getInternalNode(from) && editor.flow.getInternalNode(to)).map((pair) => (
          <path key={`${pair.from}>${pair.to}`} className="qe-link-line" data-testid={`link-${pair.from}>${pair.to}`} d={path(editor, pair)} />
        ))}
      </svg>
    </ViewportPortal>
  );
}

export const VariableLinks = memo(function VariableLinks() {
  const held = useShift();
  const selected = useUi((ui) => (ui.selection.length === 1 ? ui.selection[0] : null));
  return held && selected ? <Links of={selected} /> : null;
});
