// The words on a wire, such as the condition of its branch: read, or written in place.

import { memo, useState } from "react";
import { useEditor } from "./hooks.js";

export const WireLabel = memo(function WireLabel({ id, label, port }) {
  const { edits, ui } = useEditor();
  const [text, setText] = useState(label);
  const finish = (keep) => {
    if (keep) edits.label(id, text.trim());
    ui.set({ labelling: null });
  };
  return (
    <input
      className="qe-wire-input"
      autoFocus
      maxLength={200}
      aria-label="Label of the wire"
      placeholder={port === "out" ? "Label" : `When ${port} …`}
      value={text}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") finish(true);
        if (event.key === "Escape") finish(false);
      }}
    />
  );
});
