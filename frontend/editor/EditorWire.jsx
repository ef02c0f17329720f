// A wire in the editor: under the pointer it offers to take a node in, or to go.

import { memo, useCallback, useEffect, useRef, useState } from "react";
import { useStore } from "@xyflow/react";
import { Icon } from "../components/icons.jsx";
import { UndoWire } from "../components/UndoWire.jsx";
import { Wire } from "../components/Wire.jsx";
import { useEditor, useUi } from "./hooks.js";
import { WireCount } from "./WireCount.jsx";
import { WireLabel } from "./WireLabel.jsx";

const GRACE = 180; // the way from the wire to its buttons leaves the wire for a moment

const wires = new Map(); // by id: what to do when the pointer comes and goes

/** What is pressed there itself: tools that came over it would take the click away. */
const onCount = (event) => Boolean(event.target.closest?.(".qe-travel"));

/** React Flow tells of the whole wire, also where the ends can be taken hold of. */
export const overWire = {
  enter: (event, { id }) => onCount(event) || wires.get(id)?.enter(),
  leave: (_event, { id }) => wires.get(id)?.leave(),
};

const unzoomed = (state) => 1 / state.transform[2];

/** They keep their size at any zoom. */
function Tools({ id, label, enter, leave, write }) {
  const { edits, openPicker } = useEditor();
  const scale = useStore(unzoomed);
  return (
    <span className="qe-wire-tools" style={{ transform: `scale(${scale})` }} onMouseEnter={enter} onMouseLeave={leave}>
      <button type="button" title="Put a node in here" aria-label="Put a node into this wire" onClick={(event) => openPicker({ screen: { x: event.clientX, y: event.clientY }, wire: id })}>
        <Icon name="plus" size={14} />
      </button>
      <button type="button" title="Label (double-click)" aria-label="Write on this wire" onClick={write}>
        {label ? <span className="qc-clip qe-wire-words">{label}</span> : <Icon name="pencil" size={13} />}
      </button>
      <button type="button" title="Delete this wire" aria-label="Delete this wire" onClick={() => edits.remove([], [id])}>
        <Icon name="trash-2" size={13} />
      </button>
    </span>
  );
}

const EditorWire = memo(function EditorWire(props) {
  const { draft, ui } = useEditor();
  const labelling = useUi((state) => state.labelling === props.id);
  const [over, setOver] = useState(false);
  const timer = useRef(null);
  const enter = useCallback(() => {
    clearTimeout(timer.current);
    setOver(true);
  }, []);
  const leave = useCallback(() => {
    timer.current = setTimeout(() => setOver(false), GRACE);
  }, []);
  useEffect(() => {
    wires.set(props.id, { enter, leave });
    return () => wires.delete(props.id);
  }, [props.id, enter, leave]);
  useEffect(() => setOver(false), [labelling]); // a field that goes from under the pointer tells no leave
  const shown = draft.canEdit && (over || props.selected);
  const write = useCallback((event) => {
    event.stopPropagation();
    if (draft.canEdit) ui.set({ labelling: props.id });
  }, [draft, ui, props.id]);
  return (
    <g onDoubleClick={write}>
      <Wire {...props} hovered={over}>
        {labelling ? <WireLabel id={props.id} label={props.data.label ?? ""} port={props.sourceHandleId} /> : shown && <Tools id={props.id} label={props.data.label} enter={enter} leave={leave} write={write} />}
      </Wire>
      <WireCount id={props.id} source={props.source} port={props.sourceHandleId} x={props.sourceX} y={props.sourceY} />
    </g>
  );
});

export const edgeTypes = { wire: EditorWire, undo: UndoWire };
