// What the fields of one node's settings share: the node they belong to, its previews, and the field that was used last.

import { createContext, useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import { useSamples } from "./data_hooks.js";
import { useEditor, useModel } from "./hooks.js";
import { readable } from "./readable.js";

export const PanelContext = createContext(null);
export const usePanel = () => useContext(PanelContext);

const NONE = { groups: [], samples: new Map() };
let last = { key: [], found: NONE };

/** Found once for all fields of a node. */
function readableOnce(editor, nodeId, samples, version) {
  const key = [editor, nodeId, samples, version];
  if (!key.every((part, i) => Object.is(part, last.key[i]))) last = { key, found: { groups: readable(editor, nodeId, samples), samples } };
  return last.found;
}

/** Groups of what a node can read, with the samples that are known. */
export function useReadable(nodeId) {
  const editor = useEditor();
  const samples = useSamples();
  const version = useModel((model) => model.version);
  return useMemo(() => (nodeId ? readableOnce(editor, nodeId, samples, version) : NONE), [editor, nodeId, samples, version]);
}

const nothing = () => () => {};

/** What the text of a field gives now; undefined while nobody knows. */
export function usePreview(field, text, sort, wanted) {
  const previews = usePanel()?.previews;
  useEffect(() => {
    if (!previews) return undefined;
    if (wanted) previews.want(field, text, sort);
    else previews.forget(field);
    return undefined;
  }, [previews, field, text, sort, wanted]);
  useEffect(() => () => previews?.forget(field), [previews, field]);
  const found = useSyncExternalStore(previews?.subscribe ?? nothing, () => previews?.of(field));
  return wanted ? found : undefined;
}
