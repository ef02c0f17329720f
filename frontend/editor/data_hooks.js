// React's ways into the last data, and into what has changed since.

import { useCallback, useRef, useSyncExternalStore } from "react";
import { sameList, useEditor, useModel } from "./hooks.js";

/** A part of the last data; drawn again only when it changes. */
export function useData(choose, same = Object.is) {
  const { data } = useEditor();
  const last = useRef(undefined);
  const read = useCallback(() => {
    const next = choose(data);
    if (last.current === undefined || !same(last.current, next)) last.current = next;
    return last.current;
  });
  return useSyncExternalStore(data.subscribe, read);
}

export const useDirty = (id) => {
  const { dirty } = useEditor();
  return useSyncExternalStore(dirty.subscribe, () => dirty.get().get(id) ?? "");
};

/** Known outputs by node; a new map whenever one of them changes. */
export function useSamples() {
  const { data } = useEditor();
  const nodes = useData(() => data.state.nodes);
  const input = useData(() => data.state.input ?? null);
  const pins = useModel((model) => [...model.nodes.values()].flatMap((node) => [node.pinned, node.mock]), sameList);
  const made = useRef({});
  if (made.current.nodes !== nodes || made.current.pins !== pins || made.current.input !== input) made.current = { nodes, pins, input, samples: data.samples() };
  return made.current.samples;
}
