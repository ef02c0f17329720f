// React's way into a Live: each hook draws again only when its own topic changes.

import { createContext, useCallback, useContext, useEffect, useState, useSyncExternalStore } from "react";

/** The Live of the page; its value never changes, so reading it costs nothing. */
export const LiveContext = createContext(null);
/** The moment of the past that is shown, at which clocks stand still; null for the present. */
export const StillContext = createContext(null);
const nothing = () => () => {};

export function useLive(topic, read) {
  const live = useContext(LiveContext);
  const subscribe = useCallback((callback) => (live ? live.subscribe(topic, callback) : nothing()), [live, topic]);
  return useSyncExternalStore(subscribe, () => (live ? read(live) : null));
}

export const useLiveNode = (id) => useLive(id, (live) => live.node(id));
export const useLiveRun = () => useLive("run", (live) => live.run);
/** What the model of a step has said so far, while it says it. */
export const useSaid = (key) => useLive(`said ${key}`, (live) => live.speech.of(key));
export const useLiveEvents = () => useLive("events", (live) => live.events);
export const useLiveWire = (source, port, target) => useLive("wires", (live) => live.wire(source, port, target));

/** The present moment, ticking while `on`. */
export function useNow(on, every = 200) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!on) return undefined;
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [on, every]);
  return now;
}
