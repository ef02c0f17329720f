// A container (map, loop, saga, state machine, state) as a frame that holds its body, and a note as a sheet of paper.

import { memo } from "react";
import { Elapsed, StateMark } from "./StateMark.jsx";
import { carries, hasInput, partOf, portsOf, summaryOf, tint } from "./kinds.js";
import { Icon } from "./icons.jsx";
import { Port, Tile } from "./NodeCard.jsx";
import { Prose } from "./Prose.jsx";
import { stateColour } from "./states.js";

export const ContainerCard = memo(function ContainerCard({ node, kind, selected, live, problems = 0, peers, connectable = true, title, empty, undoneBy, dots, dirty, play }) {
  const ports = portsOf(kind, node);
  const state = live?.state ?? null;
  const part = partOf(kind, node);
  const named = ports.length > 1 || kind.role === "state";
  return (
    <div
      className="qc-frame"
      data-testid={`node-${node.id}`}
      data-kind={kind.name}
      data-role={kind.role}
      data-selected={selected || undefined}
      data-disabled={node.disabled || undefined}
      data-state={state ?? undefined}
      data-dirty={dirty || undefined}
      data-problem={problems > 0 || undefined}
      data-part={part || undefined}
      style={{ "--qc-tint": tint(kind.group), "--qc-state": stateColour(state), "--qc-peer": peers?.[0]?.color }}
      data-peer={peers?.length ? peers.map((peer) => peer.name).join(", ") : undefined}
    >
      {hasInput(kind) && <Port nodeId={node.id} name="in" type="target" carries={kind.takes} connectable={connectable} />}
      <div className="qc-head">
        <Tile kind={kind} size={24} />
        <span className="qc-name qc-clip" title={node.name || kind.title}>{title ?? (node.name || kind.title)}</span>
        <span className="qc-frame-line qc-clip">{summaryOf(kind, node)}</span>
        {undoneBy && <span className="qc-badge" data-tone="undo" title={`Undone by ${undoneBy} when its saga fails`}><Icon name="undo-2" size={11} /></span>}
        {dirty && <span className="qc-badge" data-tone="dirty" title={dirty}><Icon name="refresh-cw" size={11} /></span>}
        {node.pinned != null && <span className="qc-badge" data-tone="pin" title="Pinned output: used in tests, ignored in production"><Icon name="flag" size={11} />pinned</span>}
        {node.mock && node.pinned == null && <span className="qc-badge" title="Mocked in trial runs"><Icon name="flask-conical" size={11} />mock</span>}
        {part && <span className="qc-part">{part}</span>}
        {dots}
        {live?.visits > 1 && <span className="qc-badge" title={`Visited ${live.visits} times`}><Icon name="repeat" size={11} />{live.visits}</span>}
        {state && <Elapsed since={live.startedAt} until={live.finishedAt} />}
        <StateMark state={state} />
      </div>
      {play}
      {empty && <div className="qc-frame-empty">{empty}</div>}
      <div className="qc-frame-ports">
        {ports.map((port) => (
          <div key={port} className="qc-port-row" data-error={port === "error" || undefined}>
            {named && <span>{port}</span>}
            <Port nodeId={node.id} name={port} carries={carries(kind)} connectable={connectable} />
          </div>
        ))}
      </div>
    </div>
  );
});

/** Notes hold a little Markdown; what they say is the setting that the kind names as its summary. */
export const NoteCard = memo(function NoteCard({ node, kind, selected, peers }) {
  const text = (kind.summary && node.config?.[kind.summary]) || node.note || "";
  return (
    <div className="qc-note" data-testid={`node-${node.id}`} data-kind={kind.name} data-selected={selected || undefined} style={{ "--qc-peer": peers?.[0]?.color }} data-peer={peers?.length || undefined}>
      {node.name && node.name !== kind.title && <strong>{node.name}</strong>}
      <Prose text={text || "Write a note in its settings."} />
    </div>
  );
});
