// Sends our view to whoever follows us, and shows the view of the person whom we follow.

import { memo, useEffect } from "react";
import { useStoreApi } from "@xyflow/react";
import { calm } from "./commands.js";
import { unfollow, viewOf } from "./follow.js";
import { useEditor, usePeers, useUi } from "./hooks.js";

const sameView = (a, b) => a === b || (a && b && a.x === b.x && a.y === b.y && a.zoom === b.zoom);

export const FollowView = memo(function FollowView() {
  const editor = useEditor();
  const own = editor.draft.awareness.clientID;
  const followed = usePeers((presence) => presence.peers.some((peer) => peer.following === own));
  const client = useUi((ui) => ui.following ?? null);
  const there = usePeers((presence) => !client || presence.peers.some((peer) => peer.client === client));
  const view = usePeers((presence) => presence.peers.find((peer) => peer.client === client)?.view ?? null, sameView);
  const store = useStoreApi();
  useEffect(() => {
    if (!followed) {
      if (editor.draft.awareness.getLocalState()?.view) editor.presence.say({ view: null });
      return undefined;
    }
    let last = null;
    const tell = ({ transform }) => {
      if (transform === last) return;
      last = transform;
      editor.presence.say({ view: viewOf(editor) });
    };
    tell(store.getState());
    return store.subscribe(tell);
  }, [editor, followed, store]);
  useEffect(() => {
    if (!there) unfollow(editor);
  }, [editor, there]);
  useEffect(() => {
    if (view) editor.flow.setCenter(view.x, view.y, { zoom: view.zoom, duration: calm() });
  }, [editor, view]);
  useEffect(() => {
    if (!client) return undefined;
    const stop = () => unfollow(editor);
    const { frame } = editor;
    frame.addEventListener("pointerdown", stop);
    frame.addEventListener("wheel", stop, { passive: true });
    return () => {
      frame.removeEventListener("pointerdown", stop);
      frame.removeEventListener("wheel", stop);
    };
  }, [editor, client]);
  return null;
});

/** Says whom we follow. */
export const FollowBar = memo(function FollowBar() {
  const editor = useEditor();
  const client = useUi((ui) => ui.following ?? null);
  const peer = usePeers((presence) => presence.peers.find((one) => one.client === client) ?? null, (a, b) => a?.client === b?.client && a?.name === b?.name);
  if (!client || !peer) return null;
  return (
    <div className="qe-follow" style={{ "--qc-peer": peer.color }} data-testid="following">
      <span className="qe-float" role="status">Following {peer.name} <button type="button" className="qe-link" onClick={() => unfollow(editor)}>Stop</button></span>
    </div>
  );
});
