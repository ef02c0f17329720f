// All remarks as a list: those that name us first, resolved ones last; each leads to its place.

import { memo, useState } from "react";
import { Button } from "@radix-ui/themes";
import { Icon } from "../components/icons.jsx";
import { answersTo, isHead, resolveComment, showComment, sorted } from "./comments.js";
import { sameList, useEditor, useModel, useUi } from "./hooks.js";
import { Mentioning } from "./Mention.jsx";
import { Thread } from "./Thread.jsx";

function Row({ comment }) {
  const editor = useEditor();
  const open = useUi((ui) => ui.openComment === comment.id);
  const answers = useModel((model) => answersTo(model.comments, comment).length);
  const show = () => (editor.flow ? showComment(editor, comment.id) : editor.ui.set({ openComment: open ? null : comment.id }));
  const node = comment.node ? editor.model.node(comment.node) : null;
  const where = node ? node.name || node.id : comment.node ? "a node that is gone" : "the canvas";
  return (
    <li className="qe-comment-row" data-resolved={comment.resolved || undefined} data-testid="comment-row">
      <button type="button" className="qe-comment-go" aria-expanded={open} onClick={show}>
        <span><Mentioning text={comment.text} /></span>
        <small>{comment.author || "Somebody"} on {where}{answers ? ` · ${answers} ${answers === 1 ? "reply" : "replies"}` : ""}{comment.resolved ? " · resolved" : ""}</small>
      </button>
      {editor.draft.canEdit && editor.flow && <Button size="1" variant="soft" color="gray" onClick={() => resolveComment(editor, comment.id, !comment.resolved)}>{comment.resolved ? "Open again" : "Resolve"}</Button>}
      {open && !editor.flow && <Thread comment={comment} />}
    </li>
  );
}

export const CommentList = memo(function CommentList() {
  const editor = useEditor();
  const open = useUi((ui) => ui.commentsOpen);
  const shown = useUi((ui) => ui.commentsShown !== false);
  const comments = useModel((model) => [...model.comments.values()].filter((one) => isHead(model.comments, one)), sameList);
  const [resolved, setResolved] = useState(false);
  if (!open) return null;
  const rows = sorted(comments, editor.me).filter((comment) => resolved || !comment.resolved);
  return (
    <section className="qe-panel qe-float" aria-label="Comments" data-testid="comments-panel">
      <header className="qe-panel-head">
        <h2>Comments</h2>
        <span className="qe-space" />
        <label className="qe-moves"><input type="checkbox" checked={resolved} onChange={(event) => setResolved(event.target.checked)} />Resolved</label>
        <button type="button" className="qe-tool" aria-pressed={!shown} title="Hide the pins (Shift+C)" aria-label="Hide the pins" onClick={() => editor.run("comments-shown")}><Icon name="eye-off" size={15} /></button>
        <button type="button" className="qe-tool" aria-label="Close the comments" onClick={() => editor.ui.set({ commentsOpen: false })}><Icon name="x" /></button>
      </header>
      <div className="qe-panel-body qe-problem-list">
        {rows.length ? <ul className="qe-changes">{rows.map((comment) => <Row key={comment.id} comment={comment} />)}</ul> : <p className="qe-none">No open comment. Press C and click where one belongs.</p>}
      </div>
    </section>
  );
});
