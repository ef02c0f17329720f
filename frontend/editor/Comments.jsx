// Remarks on the canvas: pins, the words of the open one, and the field in which a new one is written.

import { memo, useState } from "react";
import { Button } from "@radix-ui/themes";
import { useStore, ViewportPortal } from "@xyflow/react";
import { Icon } from "../components/icons.jsx";
import { addComment, answersTo, isHead } from "./comments.js";
import { sameList, useEditor, useModel, useUi } from "./hooks.js";
import { MentionBox } from "./Mention.jsx";
import { Thread } from "./Thread.jsx";

/** Where a pin stands, and how large it is drawn to keep its size at any zoom. */
function place(state, { node, x, y }) {
  const { positionAbsolute: at } = state.nodeLookup.get(node)?.internals ?? {};
  return [at ? at.x + (state.nodeLookup.get(node).measured.width ?? 0) - 10 : x, at ? at.y - 14 : y, 1 / state.transform[2]];
}

function Pinned({ at, children }) {
  const [x, y, size] = useStore((state) => place(state, at), sameList);
  return <div className="qe-pin nodrag nopan nowheel" style={{ transform: `translate(${x}px, ${y}px) scale(${size})` }}>{children}</div>;
}

function Pin({ comment }) {
  const { ui } = useEditor();
  const open = useUi((state) => state.openComment === comment.id);
  const answers = useModel((model) => answersTo(model.comments, comment).length);
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
        onClick={() => ui.set({ openComment: open ? null : comment.id })}
      >
        <Icon name="message-square" size={13} />
        {answers > 0 && <i className="qe-pin-count">{answers + 1}</i>}
      </button>
      {open && <div className="qe-remark"><Thread comment={comment} /></div>}
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
  const comments = useModel((model) => [...model.comments.values()].filter((one) => isHead(model.comments, one)), sameList);
  const writing = useUi((ui) => ui.remark);
  const shown = useUi((ui) => ui.commentsShown !== false);
  return (
    <ViewportPortal>
      {shown && comments.map((comment) => <Pin key={comment.id} comment={comment} />)}
      {writing && <Writing at={writing} />}
    </ViewportPortal>
  );
});
