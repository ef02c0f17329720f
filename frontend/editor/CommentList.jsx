// All remarks as a list: those that name us first, resolved ones last; each leads to its place.

import { memo, useState } from "react";
import { Button } from "@radix-ui/themes";
import { Icon } from "../components/icons.jsx";
import { mentions, resolveComment, sorted } from "./comments.js";
import { sameList, useEditor, useModel, useUi } from "./hooks.js";
import { Mentioning } from "./Mention.jsx";

function go(editor, comment) {
  editor.ui.set({ commentsShown: true });
  if (comment.node && editor.model.node(comment.node)) {
    editor.select?.([comment.node]);
    editor.bring(comment.node);
  } else editor.flow?.setCenter(comment.x, comment.y, { zoom: Math.max(0.6, editor.flow.getZoom()) });
}

function Row({ comment }) {
  const editor = useEditor();
  const node = comment.node ? editor.model.node(comment.node) : null;
  const where = node ? node.name || node.id : comment.node ? "a node that is gone" : "the canvas";
  return (
    <li className="qe-comment-row" data-resolved={comment.resolved || undefined} data-testid="comment-row">
      <button type="button" className="qe-comment-go" onClick={() => go(editor, comment)}>
        <span><Mentioning text={comment.text} /></span>
        <small>{comment.author || "Somebody"} on {where}{comment.resolved ? " · resolved" : ""}</small>
      </button>
      {editor.draft.canEdit && <Button size="1" variant="soft" color="gray" onClick={() => resolveComment(editor, comment.id, !comment.resolved)}>{comment.resolved ? "Open again" : "Resolve"}</Button>}
    </li>
  );
}

export const CommentList = memo(function CommentList() {
  const editor = useEditor();
  const open = useUi((ui) => ui.commentsOpen);
  const shown = useUi((ui) => ui.commentsShown !== false);
  const comments = useModel((model) => [...model.comments.values()], sameList);
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

/** How many are open; marked when one of them names us. */
export const CommentsButton = memo(function CommentsButton() {
  const { me, run } = useEditor();
  const open = useModel((model) => [...model.comments.values()].filter((comment) => !comment.resolved), sameList);
  if (!open.length) return null;
  const named = open.some((comment) => mentions(comment.text, me.name));
  const words = `${open.length} open comment${open.length === 1 ? "" : "s"}${named ? ", you are named" : ""}`;
  return (
    <button type="button" className="qe-problems-button" data-testid="comments-button" data-named={named || undefined} title={words} aria-label={words} onClick={() => run("comments")}>
      <Icon name="message-square" size={15} />{open.length}{named && <i className="qe-named-dot" />}
    </button>
  );
});
