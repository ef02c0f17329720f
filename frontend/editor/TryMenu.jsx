// What can be run from a node: this node, to here, from here.

import { memo, useEffect, useRef } from "react";
import { Icon } from "../components/icons.jsx";
import { useEditor, useUi } from "./hooks.js";
import { tryNode } from "./trying.js";

export const WAYS = [
  ["node", "Run this node", "With what the nodes before it gave last", "play"],
  ["to", "Run to here", "Everything up to this node, played anew", "step-forward"],
  ["from", "Run from here", "This node and all that hangs on it", "fast-forward"],
];

export const TryMenu = memo(function TryMenu() {
  const editor = useEditor();
  const at = useUi((ui) => ui.trying ?? null);
  const menu = useRef(null);
  useEffect(() => {
    if (!at) return undefined;
    menu.current?.querySelector("button")?.focus();
    const away = (event) => !menu.current?.contains(event.target) && editor.ui.set({ trying: null });
    window.addEventListener("pointerdown", away, true);
    return () => window.removeEventListener("pointerdown", away, true);
  }, [at, editor]);
  if (!at) return null;
  const keys = (event) => {
    const all = [...menu.current.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
    else if (event.key === "Escape") editor.ui.set({ trying: null });
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const left = Math.max(8, Math.min(at.x - 12, window.innerWidth - 290));
  const top = Math.min(at.y, window.innerHeight - 190);
  return (
    <div ref={menu} className="qe-try qe-float" role="menu" aria-label="Run a part" style={{ position: "fixed", left, top }} onKeyDown={keys}>
      {WAYS.map(([how, title, words, icon]) => (
        <button key={how} type="button" role="menuitem" data-testid={`try-${how}`} onClick={() => {
          editor.ui.set({ trying: null });
          tryNode(editor, at.id, how);
        }}>
          <Icon name={icon} size={14} />
          <span><b>{title}</b><small>{words}</small></span>
        </button>
      ))}
    </div>
  );
});
