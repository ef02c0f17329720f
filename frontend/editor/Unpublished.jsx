// The sign that the draft is not what is live; a click shows the difference.

import { memo, useEffect } from "react";
import { Icon } from "../components/icons.jsx";
import { useEditor, useUi } from "./hooks.js";
import { askUnpublished, lookAtUnpublished, wordsOf } from "./unpublished.js";

export const Unpublished = memo(function Unpublished() {
  const editor = useEditor();
  const count = useUi((ui) => ui.unpublished ?? null);
  const onlyMoved = useUi((ui) => ui.onlyMoved);
  const compared = useUi((ui) => Boolean(ui.compared));
  const published = useUi((ui) => ui.historyAt ?? 0);
  useEffect(() => {
    askUnpublished(editor);
  }, [editor, published]);
  if (!count || compared) return null;
  const words = wordsOf(count, onlyMoved);
  return (
    <button type="button" className="qe-unpublished" data-testid="unpublished" data-calm={onlyMoved || undefined} title={`${words}: compare the draft with what is live`} aria-label={words} onClick={() => lookAtUnpublished(editor)}>
      <Icon name="git-compare-arrows" size={14} />
      <b>{onlyMoved ? "Moved" : count}</b>
      {!onlyMoved && <span>{count === 1 ? "change" : "changes"} not published</span>}
    </button>
  );
});
