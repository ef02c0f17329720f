// The canvas: React Flow over the draft, with paper, wires, cards, mini-map and other people's cursors.

import { memo, useCallback, useEffect, useMemo, useRef } from "react";
import { ConnectionLineType, ConnectionMode, ReactFlow, SelectionMode, useReactFlow, useStoreApi } from "@xyflow/react";
import { useColourMode } from "../components/colour_mode.js";
import { isContainer, tint } from "../components/kinds.js";
import { LiveContext, useLiveEvents, useLiveRun } from "../components/live_hooks.js";
import { MapOfNodes } from "../components/MapOfNodes.jsx";
import { Opening } from "../components/Opening.jsx";
import { Paper, useDetail } from "../components/Paper.jsx";
import { stateColour } from "../components/states.js";
import { Arrow } from "../components/Wire.jsx";
import { AlignmentGuides } from "./AlignmentGuides.jsx";
import { useCanvasNodes } from "./canvas_nodes.js";
import { Cursors } from "./Cursors.jsx";
import { Comments } from "./Comments.jsx";
import { FollowBar, FollowView } from "./FollowView.jsx";
import { Candidate, Refused, WiringBar } from "./Guide.jsx";
import { nodeTypes } from "./EditorNode.jsx";
import { edgeTypes, overWire } from "./EditorWire.jsx";
import { useGestures, usePointer } from "./gestures.js";
import { useDraftState, useEditor, useModel, useUi } from "./hooks.js";
import { calm } from "./commands.js";
import { GRID } from "./placing.js";
import { fetchLater } from "./later.js";
import { reaching } from "./reach.js";
import { SelectionBar } from "./SelectionBar.jsx";
import { tabbing } from "./tabbing.js";
import { panelWidth, remembered, roomOn } from "./ui.js";
import { MANY } from "./unseen.js";
import { VariableLinks } from "./VariableLinks.jsx";
import { ZoomBar } from "./ZoomBar.jsx";

const GRID_STEP = [GRID, GRID];
const TOGGLE_KEYS = ["Meta", "Control", "Shift"];
const MIDDLE_BUTTON = [1];
const WITHOUT_NAME = { hideAttribution: true };
const SECOND_CLICK = 250; // ms in which a double click ends
const SHOWN_STATES = new Set(["waiting_person", "failed"]); // people must act: the node is brought into sight

function useViewport(editor) {
  const key = `viewport:${editor.workflowId}`;
  const first = useMemo(() => remembered.get(key, null), [key]);
  const onMoveEnd = useCallback((_, viewport) => remembered.set(key, viewport), [key]);
  return { first, onMoveEnd };
}

/** At once; but where the panel would open under the pointer, only after a second click had its time to reach the node. */
function openSoon(editor, id, event) {
  const covered = !editor.ui.state.inspector && event.clientX > editor.frame.getBoundingClientRect().right - panelWidth(editor.frame.clientWidth) - 36;
  const open = () => editor.ui.state.selection.includes(id) && !editor.ui.state.renaming && editor.openInspector(id);
  if (!covered) return editor.openInspector(id);
  editor.ui.set({ problemsOpen: false, history: false, commentsOpen: false }); // what the settings will stand in the place of
  return setTimeout(open, SECOND_CLICK);
}

function useSelection(editor) {
  return useCallback(
    ({ nodes, edges }) => {
      const selection = nodes.map((node) => node.id);
      const before = editor.ui.state.selection;
      const same = before.length === selection.length && selection.every((id, i) => id === before[i]);
      editor.ui.set({ selection: same ? before : selection, selectedWires: edges.map((wire) => wire.id) });
      if (!same) editor.presence.say({ selection });
    },
    [editor],
  );
}

function MiniMapOfStates() {
  const editor = useEditor();
  useLiveEvents(); // a step that changes its state changes its colour here
  const seen = editor.live.events.length;
  const colour = useCallback((entry) => {
    const state = editor.live.node(entry.id).state;
    return state ? stateColour(state) : tint(entry.data.kind.group, isContainer(entry.data.kind) ? "soft" : "");
  }, [editor, seen]);
  const shown = useUi((ui) => ui.minimap);
  const jump = useCallback(({ x, y }) => editor.flow.setCenter(x, y, { zoom: editor.flow.getZoom(), duration: calm() }), [editor]);
  if (!shown) return null;
  return <MapOfNodes colourOf={colour} onJump={jump} className="qe-minimap" />;
}

/** Opens at a readable size, and shows the node at which a run waits for people or has failed. */
function Sight({ opened }) {
  const editor = useEditor();
  const { state } = useLiveRun();
  const room = useCallback(() => roomOn(editor), [editor]);
  const start = [...editor.model.nodes.values()].find((node) => editor.kinds.get(node.kind)?.role === "start")?.id;
  const focus = SHOWN_STATES.has(state) ? [...editor.live.nodes].find(([, node]) => node.state === state)?.[0] : null;
  const onOpened = useCallback(() => {
    editor.frame.dataset.opened = "true";
    fetchLater(editor.frame);
  }, [editor]);
  const empty = useModel((model) => model.nodes.size === 0);
  const { saved } = useDraftState();
  useEffect(() => {
    if (empty && editor.frame && (saved === "saved" || saved === "read-only")) onOpened(); // an empty sheet has no view to come to
  }, [editor, empty, saved, onOpened]);
  return <Opening room={room} start={start} focus={focus} opened={opened} onOpened={onOpened} />;
}

/** What stands on the sheet besides nodes and wires. */
function Over({ opened }) {
  return (
    <>
      <span data-canvas-ends tabIndex={-1} className="qe-unseen" />
      <Paper />
      <FollowView />
      <Cursors />
      <Comments />
      <Candidate />
      <AlignmentGuides />
      <VariableLinks />
      <SelectionBar />
      <Sight opened={opened} />
      <MiniMapOfStates />
      <ZoomBar />
    </>
  );
}

export const Canvas = memo(function Canvas() {
  const editor = useEditor();
  const flow = useReactFlow();
  const store = useStoreApi();
  const frame = useRef(null);
  const { nodes, wires, onNodesChange, onEdgesChange, select } = useCanvasNodes();
  const viewport = useViewport(editor);
  const gestures = useGestures(editor);
  const pointer = usePointer(editor);
  const onSelectionChange = useSelection(editor);
  const detail = useDetail(frame);
  const mode = useUi((ui) => ui.mode);
  const snap = useUi((ui) => ui.snap);
  const hand = mode === "hand";
  const colourMode = useColourMode();
  const { canEdit } = editor.draft;

  useEffect(() => {
    editor.flow = flow;
    editor.select = select;
    editor.frame = frame.current;
  }, [editor, flow, select]);
  useEffect(() => tabbing(editor), [editor]);
  useEffect(() => reaching(frame.current, store), [store]);
  const onInit = useCallback((instance) => {
    detail(null, instance.getViewport());
  }, [detail]);
  const onNodeDoubleClick = useCallback((event, node) => (event.ctrlKey || event.metaKey ? editor.openSub(node.id) : editor.openInspector(node.id)), [editor]);
  const onNodeClick = useCallback((event, node) => {
    if (event.shiftKey || event.ctrlKey || event.metaKey) return;
    if (editor.ui.state.selection.length > 1) editor.select([node.id]); // React Flow keeps the others when one of them is clicked
    openSoon(editor, node.id, event);
  }, [editor]);
  const onDoubleClick = useCallback((event) => {
    if (event.target.classList?.contains("react-flow__pane")) editor.openPicker({ screen: { x: event.clientX, y: event.clientY } });
  }, [editor]);

  const opened = Boolean(viewport.first);
  const over = useMemo(() => <Over opened={opened} />, [opened]); // a node that moves draws none of it again

  return (
    <div ref={frame} className="qc-canvas" data-mode={mode} data-testid="canvas" onDoubleClick={onDoubleClick} onClickCapture={editor.wiring.onClickCapture} {...pointer}>
      <span data-canvas-begins tabIndex={-1} className="qe-unseen" />
      <Arrow />
      <LiveContext value={editor.live}>
        <ReactFlow
          nodes={nodes}
          edges={wires}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          onNodesChange={onNodesChange}
          onEdgesChange={onEdgesChange}
          onSelectionChange={onSelectionChange}
          onNodeClick={onNodeClick}
          onNodeDoubleClick={onNodeDoubleClick}
          onEdgeMouseEnter={overWire.enter}
          onEdgeMouseLeave={overWire.leave}
          onInit={onInit}
          onMove={detail}
          onMoveEnd={viewport.onMoveEnd}
          defaultViewport={viewport.first ?? undefined}
          {...gestures}
          nodesDraggable={canEdit}
          nodesConnectable={canEdit}
          edgesReconnectable={canEdit}
          connectionMode={ConnectionMode.Strict}
          connectionLineType={ConnectionLineType.SmoothStep}
          connectOnClick={false}
          connectionRadius={28}
          reconnectRadius={14}
          snapToGrid={snap}
          snapGrid={GRID_STEP}
          selectionOnDrag={!hand}
          selectionMode={SelectionMode.Partial}
          panOnDrag={hand ? true : MIDDLE_BUTTON}
          panOnScroll
          panActivationKeyCode="Space"
          selectionKeyCode={hand ? "Shift" : null}
          multiSelectionKeyCode={TOGGLE_KEYS}
          zoomOnDoubleClick={false}
          deleteKeyCode={null}
          disableKeyboardA11y
          minZoom={0.1}
          maxZoom={2.5}
          elevateNodesOnSelect={false}
          nodeDragThreshold={3}
          onlyRenderVisibleElements={nodes.length > MANY}
          colorMode={colourMode}
          proOptions={WITHOUT_NAME}
        >
          {over}
        </ReactFlow>
        <Refused />
        <WiringBar />
        <FollowBar />
      </LiveContext>
    </div>
  );
});
