// A group in the editor: its head is its handle, a click on the arrow folds it for everybody.

import { memo, useCallback } from "react";
import { GroupFrame } from "../components/GroupFrame.jsx";
import { fold } from "./groups.js";
import { useEditor, usePeers } from "./hooks.js";
import { Title } from "./NodeTitle.jsx";
import { samePeers } from "./presence.js";

export const GroupNode = memo(function GroupNode({ id, data, selected }) {
  const editor = useEditor();
  const peers = usePeers((presence) => presence.on(id), samePeers);
  const onFold = useCallback((event) => {
    event.stopPropagation();
    fold(editor, [id]);
  }, [editor, id]);
  return <GroupFrame node={data.node} kind={data.kind} members={data.members} folded={data.folded} selected={selected} peers={peers} onFold={editor.draft.canEdit ? onFold : undefined} title={<Title node={data.node} fallback={data.kind.title} />} />;
});
