// Tells that somebody else's words stand where ours were, with ours at hand.

import { memo } from "react";
import { Button } from "@radix-ui/themes";
import { kindOf } from "../components/flow.js";
import { sameList, useEditor, useUi } from "./hooks.js";

const TITLES = { name: "Name", note: "Note", retry: "Attempts", on_error: "On error", disabled: "Disabled" };
const words = (value) => (typeof value === "string" ? value : JSON.stringify(value));

function Lost({ lost }) {
  const { model, kinds, overwritten } = useEditor();
  const node = model.node(lost.id);
  if (!node) return null;
  const kind = kindOf(kinds, node.kind);
  const field = lost.inConfig ? (kind.schema?.properties?.[lost.key]?.title ?? lost.key) : (TITLES[lost.key] ?? lost.key);
  return (
    <div className="qe-lost-words qe-float" role="alert" data-testid="overwritten">
      <p><b>{lost.who}</b> wrote into “{field}” of “{node.name || kind.title}” at the same time, and that counts now. You had written:</p>
      <pre>{words(lost.mine)}</pre>
      <div className="qe-offer-foot">
        <Button size="1" variant="soft" color="gray" onClick={() => overwritten.forget(lost.field)}>Leave it</Button>
        <Button size="1" data-testid="restore-mine" onClick={() => overwritten.restore(lost)}>Restore mine</Button>
      </div>
    </div>
  );
}

const NONE = [];

export const OverwrittenNotices = memo(function OverwrittenNotices() {
  const all = useUi((ui) => ui.overwritten ?? NONE, sameList);
  if (!all.length) return null;
  return <div className="qe-lost-list">{all.map((lost) => <Lost key={lost.field} lost={lost} />)}</div>;
});
