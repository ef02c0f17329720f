// Remarks on the canvas: pins, the words of the open one, and the field in which a new one is written.

import { memo, useState } from "react";
import { Button } from "@radix-ui/themes";
import { useStore, ViewportPortal } from "@xyflow/react";
import { Icon } from "../components/icons.jsx";
import { addComment, removeComment, resolveComment } from "./comments.js";
import { sameList, useEditor, useModel, useUi } from "./hooks.js";
import { Mentioning, MentionBox } from "./Mention.jsx";

/** Where a pin stands, and how large it is drawn to keep its size at any zoom. */
function place(state, { node, x, y }) {
  const { positionAbsolute: at } = state.nodeLookup.get(node)?.internals ?? {};
  return [at ? at.x + (state.nodeLookup.get(node).measured.width ?? 0) - 10 : x, at ? at.y - 14 : y, 1 / state.transform[2]];
}

function Pinned({ at, children }) {
  const [x, y, size] = useStore((state) => place(state, at), sameList);
  return <div className="qe-pin nodrag nopan nowheel" style={{ transform: `translate(${x}px, ${y}px) scale(${size})` }}>{children}</div>;
}

function Words({ comment }) {
  const editor = useEditor();
  return (
    <div className="qe-remark">
      <p><Mentioning text={comment.text} /></p>
      <small>{comment.author}{comment.resolved && " · resolved"}</small>
      {editor.draft.canEdit && (
        <div className="qe-offer-foot">
          <Button size="1" variant="soft" color="gray" onClick={() => removeComment(editor, comment.id)}>Delete</Button>
          <Button size="1" variant="soft" onClick={() => resolveComment(editor, comment.id, !comment.resolved)}>{comment.resolved ? "Open again" : "Resolve"}</Button>
        </div>
      )}
    </div>
  );
}

function Pin({ comment }) {
  const [open, setOpen] = useState(false);
  return (
    <Pinned at={comment}>
      <button
        type="button"
        className="qe-pin-head"
        data-testid="comment"
        data-resolved={comment.resolved || undefined}
        aria-expanded={open}
        aria-label={`Comment of ${comment.author}: ${comment.text}`}
        title={comment.text}
        onClick={() => setOpen(!open)}
      >
        <Icon name="message-square" size={13} />
      </button>
      {open && <Words comment={comment} />}
    </Pinned>
  );
}

function Writing({ at }) {
  const editor = useEditor();
  const [text, setText] = useState("");
  const close = () => editor.ui.set({ remark: null });
  const keep = () => {
    addComment(editor, { ...at, at, text });
    close();
  };
  return (
    <Pinned at={at}>
      <div className="qe-remark">
        <MentionBox text={text} setText={setText} onKeep={keep} onCancel={close} />
        <div className="qe-offer-foot">
          <Button size="1" variant="soft" color="gray" onClick={close}>Cancel</Button>
          <Button size="1" disabled={!text.trim()} onClick={keep}>Comment</Button>
        </div>
      </div>
    </Pinned>
  );
}

export const Comments = memo(function Comments() {
  const comments = useModel((model) => [...model.comments.values()], sameList);
  const writing = useUi((ui) => ui.remark);
  const shown = useUi((ui) => ui.commentsShown !== false);
  return (
    <ViewportPortal>
      {shown && comments.map((comment) => <Pin key={comment.id} comment={comment} />)}
      {writing && <Writing at={writing} />}
    </ViewportPortal>
  );
});
