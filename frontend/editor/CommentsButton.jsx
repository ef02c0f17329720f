// How many comments are open, in the bar over the canvas.

import { memo } from "react";
import { Icon } from "../components/icons.jsx";
import { isHead, mentions } from "./comments.js";
import { sameList, useEditor, useModel } from "./hooks.js";

/** How many are open; marked when one of them names us. */
export const CommentsButton = memo(function CommentsButton() {
  const { me, run } = useEditor();
  const open = useModel((model) => [...model.comments.values()].filter((comment) => !comment.resolved && isHead(model.comments, comment)), sameList);
  if (!open.length) return null;
  const named = open.some((comment) => mentions(comment.text, me.name));
  const words = `${open.length} open comment${open.length === 1 ? "" : "s"}${named ? ", you are named" : ""}`;
  return (
    <button type="button" className="qe-problems-button" data-testid="comments-button" data-named={named || undefined} title={words} aria-label={words} onClick={() => run("comments")}>
      <Icon name="message-square" size={15} />{open.length}{named && <i className="qe-named-dot" />}
    </button>
  );
});
