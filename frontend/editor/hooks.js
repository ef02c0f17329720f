// React's ways into the editor's stores; each draws again only when what it reads has changed.

import { createContext, useCallback, useContext, useRef, useSyncExternalStore } from "react";

/** Everything of one open editor; the value never changes while it is open. */
export const EditorContext = createContext(null);
export const useEditor = () => useContext(EditorContext);

function useChosen(store, subscribe, choose, same = Object.is) {
  const last = useRef(undefined);
  const read = useCallback(() => {
    const next = choose(store);
    if (last.current === undefined || !same(last.current, next)) last.current = next;
    return last.current;
  });
  return useSyncExternalStore(subscribe, read);
}

export function useModel(choose, same) {
  const { model } = useEditor();
  return useChosen(model, model.subscribe, choose, same);
}

export function useUi(choose, same) {
  const { ui } = useEditor();
  return useChosen(ui.state, ui.subscribe, () => choose(ui.state), same);
}

export function useDraftState() {
  const { draft } = useEditor();
  return useSyncExternalStore(draft.subscribe, draft.snapshot);
}

export function usePeers(choose, same) {
  const { presence } = useEditor();
  return useChosen(presence, presence.subscribe, choose, same);
}

export const sameList = (a, b) => a === b || (a?.length === b?.length && a.every((entry, i) => Object.is(entry, b[i])));
