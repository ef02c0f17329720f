// A group as people see it: a frame with a name around its nodes, or folded to a card that stands for them.

import { memo } from "react";
import { Port } from "./NodeCard.jsx";
import { Icon } from "./icons.jsx";

const counted = (count) => `${count} node${count === 1 ? "" : "s"}`;

export const GroupFrame = memo(function GroupFrame({ node, kind, members, folded, selected, title, peers, onFold }) {
  const name = node.name || kind.title;
  return (
    <div className="qc-group" data-testid={`node-${node.id}`} data-kind={kind.name} data-folded={folded || undefined} data-selected={selected || undefined} style={{ "--qc-peer": peers?.[0]?.color }} data-peer={peers?.length ? peers.map((peer) => peer.name).join(", ") : undefined}>
      <div className="qc-group-head">
        {onFold ? (
          <button type="button" className="qc-fold nodrag nopan" aria-expanded={!folded} aria-label={folded ? `Unfold ${name}` : `Fold ${name}`} title={folded ? "Unfold" : "Fold"} data-testid={`fold-${node.id}`} onClick={onFold}>
            <Icon name={folded ? "chevron-right" : "chevron-down"} size={14} />
          </button>
        ) : <Icon name="group" size={14} />}
        <span className="qc-name qc-clip" title={name}>{title ?? name}</span>
        <small>{counted(members)}</small>
      </div>
      {folded && <Port nodeId={node.id} name="in" type="target" connectable={false} />}
      {folded && <Port nodeId={node.id} name="out" connectable={false} />}
    </div>
  );
});
