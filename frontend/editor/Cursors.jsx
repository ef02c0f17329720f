// Other people's pointers over the canvas, with their names.

import { memo } from "react";
import { ViewportPortal } from "@xyflow/react";
import { usePeers } from "./hooks.js";

export const Cursors = memo(function Cursors() {
  const peers = usePeers((presence) => presence.peers);
  return (
    <ViewportPortal>
      {peers.filter((peer) => peer.cursor).map((peer) => (
        <div
          key={peer.client}
          className="qe-cursor"
          data-testid="peer-cursor"
          style={{ transform: `translate(${peer.cursor.x}px, ${peer.cursor.y}px)`, "--qc-peer": peer.color }}
        >
          <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
            <path d="M2 1.5 L15 8 L8.6 9.7 L5.6 15.6 Z" fill="var(--qc-peer)" stroke="var(--qk-card)" strokeWidth="1.2" strokeLinejoin="round" />
          </svg>
          <span>{peer.name}</span>
        </div>
      ))}
    </ViewportPortal>
  );
});
