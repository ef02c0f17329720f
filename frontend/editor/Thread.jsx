// A comment with its answers, and the field in which the next one is written.

import { useState } from "react";
import { Button } from "@radix-ui/themes";
import { answer, answersTo, removeComment, resolveComment } from "./comments.js";
import { sameList, useEditor, useModel } from "./hooks.js";
import { Mentioning, MentionBox } from "./Mention.jsx";

function Said({ comment }) {
  return (
    <div className="qe-said" data-testid="said">
      <p><Mentioning text={comment.text} /></p>
      <small>{comment.author || "Somebody"}{comment.written_at && <> · <qk-time at={comment.written_at} /></>}{comment.resolved && " · resolved"}</small>
    </div>
  );
}

function Answering({ comment }) {
  const editor = useEditor();
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const keep = () => {
    answer(editor, comment, text);
    setText("");
    setOpen(false);
  };
  if (!open) return <Button size="1" variant="soft" data-testid="reply" onClick={() => setOpen(true)}>Reply</Button>;
  return (
    <div className="qe-answering">
      <MentionBox text={text} setText={setText} onKeep={keep} onCancel={() => setOpen(false)} label="Reply" hint="Answer, or name somebody with @" />
      <div className="qe-offer-foot">
        <Button size="1" variant="soft" color="gray" onClick={() => setOpen(false)}>Cancel</Button>
        <Button size="1" disabled={!text.trim()} onClick={keep}>Reply</Button>
      </div>
    </div>
  );
}

export function Thread({ comment }) {
  const editor = useEditor();
  const answers = useModel((model) => answersTo(model.comments, comment), sameList);
  return (
    <div className="qe-thread">
      {[comment, ...answers].map((one) => <Said key={one.id} comment={one} />)}
      {editor.draft.canEdit && (
        <div className="qe-thread-foot">
          <Answering comment={comment} />
          <span className="qe-space" />
          <Button size="1" variant="soft" color="gray" onClick={() => removeComment(editor, comment.id)}>Delete</Button>
          <Button size="1" variant="soft" color="gray" onClick={() => resolveComment(editor, comment.id, !comment.resolved)}>{comment.resolved ? "Open again" : "Resolve"}</Button>
        </div>
      )}
    </div>
  );
}
