// Following another person: their view becomes ours until we move the canvas ourselves.

export function follow(editor, client) {
  const next = client === editor.ui.state.following ? null : client;
  editor.ui.set({ following: next });
  editor.presence.say({ following: next });
}

export const unfollow = (editor) => editor.ui.state.following && follow(editor, null);
/** What of the canvas is seen: its middle and how large it is drawn. */
export function viewOf(editor) {
  const { x, y, zoom } = editor.flow.getViewport();
  const { clientWidth, clientHeight } = editor.frame;
  return { x: Math.round((clientWidth / 2 - x) / zoom), y: Math.round((clientHeight / 2 - y) / zoom), zoom: Math.round(zoom * 1000) / 1000 };
}
