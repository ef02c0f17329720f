// A wire in the editor: under the pointer it offers to take a node in, or to go.

import { memo, useCallback, useRef, useState } from "react";
import { Icon } from "../components/icons.jsx";
import { UndoWire } from "../components/UndoWire.jsx";
import { Wire } from "../components/Wire.jsx";
import { useEditor } from "./hooks.js";

const GRACE = 180; // the way from the wire to its buttons leaves the wire for a moment

const EditorWire = memo(function EditorWire(props) {
  const { draft, edits, openPicker } = useEditor();
  const [over, setOver] = useState(false);
  const timer = useRef(null);
  const enter = useCallback(() => {
    clearTimeout(timer.current);
    setOver(true);
  }, []);
  const leave = useCallback(() => {
    timer.current = setTimeout(() => setOver(false), GRACE);
  }, []);
  const shown = draft.canEdit && (over || props.selected);
  return (
    <g onMouseEnter={enter} onMouseLeave={leave}>
      <Wire {...props} hovered={over}>
        {shown && (
          <span className="qe-wire-tools" onMouseEnter={enter} onMouseLeave={leave}>
            <button type="button" title="Put a node in here" aria-label="Put a node into this wire" onClick={(event) => openPicker({ screen: { x: event.clientX, y: event.clientY }, wire: props.id })}>
              <Icon name="plus" size={14} />
            </button>
            <button type="button" title="Delete this wire" aria-label="Delete this wire" onClick={() => edits.remove([], [props.id])}>
              <Icon name="trash-2" size={13} />
            </button>
          </span>
        )}
      </Wire>
    </g>
  );
});

export const edgeTypes = { wire: EditorWire, undo: UndoWire };
