// Nodes as the editor draws them: the shared cards, with live state, problems, other people and renaming in place.

import { memo } from "react";
import { NodeResizer } from "@xyflow/react";
import { ContainerCard, NoteCard } from "../components/ContainerCard.jsx";
import { useLiveNode } from "../components/live_hooks.js";
import { NodeCard } from "../components/NodeCard.jsx";
import { modelOf, providerOf } from "../components/kinds.js";
import { useDirty } from "./data_hooks.js";
import { Failure } from "./Failure.jsx";
import { IterationDots } from "./IterationDots.jsx";
import { useEditor, useModel, usePeers, useUi } from "./hooks.js";
import { GroupNode } from "./GroupNode.jsx";
import { Members } from "./Members.jsx";
import { Title } from "./NodeTitle.jsx";
import { samePeers } from "./presence.js";
import { PlayButton } from "./PlayButton.jsx";

const NO_PEERS = [];
const EMPTY = {
  map: "Drop nodes here: they run for every entry.",
  loop: "Drop nodes here: they run in every round.",
  saga: "Drop nodes here: if one fails, what the others did is undone.",
  machine: "Drop States here, then wire their transitions.",
  state: "Drop nodes here: they run on entry.",
};
const SMALLEST = { container: [280, 160], note: [120, 64] };

function useMarks(id) {
  const live = useLiveNode(id);
  const problems = useUi((ui) => ui.problemsOf[id] ?? 0);
  const peers = usePeers((presence) => {
    const found = presence.on(id);
    return found.length ? found : NO_PEERS;
  }, samePeers);
  const dirty = useDirty(id);
  const missing = useUi((ui) => ui.missing?.[id] ?? null);
  return { live, problems, peers, dirty, missing };
}

/** React Flow also gives the place, which is not ours to draw: a card that is dragged stays as it is. */
const alike = (a, b) => a.id === b.id && a.data === b.data && a.selected === b.selected;

const CardNode = memo(function CardNode({ id, data, selected }) {
  const { draft } = useEditor();
  const marks = useMarks(id);
  const provider = providerOf(modelOf(data.kind, data.node));
  const resting = useUi((ui) => (provider && ui.resting?.[provider]) || null);
  const href = marks.live?.approvalId ? `/approvals/${marks.live.approvalId}` : "/approvals";
  return (
    <>
      <NodeCard
        node={data.node}
        kind={data.kind}
        selected={selected}
        connectable={draft.canEdit}
        decideHref={href}
        undoes={data.undoes}
        undoneBy={data.undoneBy}
        title={<Title node={data.node} fallback={data.kind.title} />}
        play={<PlayButton id={id} kind={data.kind} />}
        resting={resting}
        {...marks}
      />
      {marks.live?.state === "failed" ? <Failure node={data.node} live={marks.live} /> : <Members config={data.node.config} />}
    </>
  );
}, alike);

function Resizable({ id, type, selected }) {
  const { draft, edits } = useEditor();
  if (!draft.canEdit) return null;
  const [minWidth, minHeight] = SMALLEST[type];
  return (
    <NodeResizer
      isVisible={selected}
      minWidth={minWidth}
      minHeight={minHeight}
      lineClassName="qe-resize-line"
      handleClassName="qe-resize-handle"
      onResizeEnd={(_, size) => edits.resize(id, size)}
    />
  );
}

const ContainerNode = memo(function ContainerNode({ id, data, selected }) {
  const { draft } = useEditor();
  const marks = useMarks(id);
  const empty = useModel((model) => model.children(id).length === 0);
  return (
    <>
      <Resizable id={id} type="container" selected={selected} />
      <ContainerCard
        node={data.node}
        kind={data.kind}
        selected={selected}
        connectable={draft.canEdit}
        title={<Title node={data.node} fallback={data.kind.title} />}
        empty={empty ? EMPTY[data.kind.role] : ""}
        undoneBy={data.undoneBy}
        dots={<IterationDots id={id} />}
        play={<PlayButton id={id} kind={data.kind} />}
        {...marks}
      />
      {marks.live?.state === "failed" && <Failure node={data.node} live={marks.live} />}
    </>
  );
}, alike);

const NoteNode = memo(function NoteNode({ id, data, selected }) {
  const { peers } = useMarks(id);
  return (
    <>
      <Resizable id={id} type="note" selected={selected} />
      <NoteCard node={data.node} kind={data.kind} selected={selected} peers={peers} />
    </>
  );
}, alike);

export const nodeTypes = { card: CardNode, container: ContainerNode, note: NoteNode, frame: GroupNode };
