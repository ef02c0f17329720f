// The words on a wire, such as the condition of its branch: read, or written in place.

import { memo, useState } from "react";
import { useEditor } from "./hooks.js";
import { InPlace } from "./InPlace.jsx";

export const WireLabel = memo(function WireLabel({ id, label, port }) {
  const { edits, ui } = useEditor();
  const [text, setText] = useState(label);
  const finish = (keep) => {
    if (keep) edits.label(id, text.trim());
    ui.set({ labelling: null });
  };
  return <InPlace className="qe-wire-input" label="Label of the wire" placeholder={port === "out" ? "Label" : `When ${port} …`} value={text} onChange={setText} onDone={finish} />;
});
