// Remarks pinned to a node or to a point of the canvas; each change is one undo step of who made it.

import * as Y from "yjs";
import { api, entries } from "../components/api.js";
import { remembered } from "./ui.js";

/** A name that two people who write at the same moment do not share. */
function freshId() {
  const letters = crypto.getRandomValues(new Uint8Array(8));
  return `c${[...letters].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** `at` is a point of the canvas; over a node the remark belongs to it and moves with it. */
export function addComment({ draft, me }, { text, node, at, replyTo }) {
  const words = text.trim();
  if (!words) return;
  const fields = { text: words, author: me.name, written_at: new Date().toISOString(), x: Math.round(at.x), y: Math.round(at.y), ...(node ? { node } : {}), ...(replyTo ? { reply_to: replyTo } : {}) };
  draft.edit(() => draft.comments.set(freshId(), new Y.Map(Object.entries(fields))));
}

export const answer = (editor, comment, text) => addComment(editor, { text, at: comment, replyTo: comment.id });

/** The first comment of its thread; an answer whose comment is gone stands for itself. */
export const isHead = (comments, comment) => !comment.reply_to || !comments.has(comment.reply_to);

/** The answers to a comment in the order in which they were written. */
export const answersTo = (comments, { id }) => [...comments.values()].filter((one) => one.reply_to === id).sort((a, b) => (a.written_at ?? "").localeCompare(b.written_at ?? ""));

export function resolveComment({ draft }, id, resolved) {
  draft.edit(() => draft.comments.get(id)?.set("resolved", resolved));
}

/** With its answers. */
export function removeComment({ draft, model }, id) {
  draft.edit(() => {
    for (const one of answersTo(model.comments, { id })) draft.comments.delete(one.id);
    draft.comments.delete(id);
  });
}

/** To the place of a comment, which opens there; where there is no canvas, in the list. */
export function showComment(editor, id) {
  const found = editor.model.comments.get(id);
  if (!found) return;
  const comment = editor.model.comments.get(found.reply_to) ?? found;
  editor.ui.set({ commentsShown: true, openComment: comment.id, commentsOpen: !editor.flow });
  if (comment.node && editor.model.node(comment.node)) {
    editor.select?.([comment.node]);
    editor.bring(comment.node);
  } else editor.flow?.setCenter(comment.x, comment.y, { zoom: Math.max(0.6, editor.flow.getZoom()) });
}

/** The names of the team's people, asked once an editor. */
export function teamOf(editor) {
  editor.team ??= api.get("/members").then((page) => entries(page).map((one) => one.name), () => []);
  return editor.team;
}

export const mentions = (text, name) => Boolean(name) && text.includes(`@${name}`);

/** The text in parts; each `@name` of the team is one of its own. Longer names come first: “Ada L.” is not “Ada”. */
export function partsOf(text, names) {
  const known = [...names].sort((a, b) => b.length - a.length);
  const parts = [];
  let rest = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const name = known.find((one) => text.startsWith(one, at + 1));
    if (!name) continue;
    if (at > rest) parts.push({ text: text.slice(rest, at) });
    parts.push({ text: `@${name}`, name });
    rest = at + 1 + name.length;
    at = rest - 1;
  }
  if (rest < text.length) parts.push({ text: text.slice(rest) });
  return parts;
}

/** Open remarks first, those that name this person before all. */
export function sorted(comments, me) {
  const rank = (comment) => (comment.resolved ? 2 : mentions(comment.text, me.name) ? 0 : 1);
  return [...comments].sort((a, b) => rank(a) - rank(b));
}

function toggleShown(editor) {
  const shown = editor.ui.state.commentsShown === false;
  editor.ui.set({ commentsShown: shown });
  remembered.set("comments-shown", shown);
  editor.ui.hint(shown ? "Comments are shown." : "Comments are hidden.");
}

/** A remark on what is selected, without a pointer. */
function write(editor) {
  const node = editor.model.node(editor.ui.state.selection[0]);
  if (!node) return editor.ui.set({ mode: "comment" });
  editor.ui.set({ remark: { node: node.id, ...editor.model.absolute(node) }, commentsShown: true });
  return undefined;
}

export const COMMENT_COMMANDS = [
  { name: "comments", title: "List of comments", group: "View", keys: [], run: (e) => e.ui.set({ commentsOpen: !e.ui.state.commentsOpen }) },
  { name: "comments-shown", title: "Show or hide comments", group: "View", keys: ["Shift+C"], run: toggleShown },
  { name: "comment-here", title: "Comment on the selected node", group: "Edit", keys: ["Alt+C"], edits: true, run: write },
];
