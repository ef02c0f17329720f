// Light or dark, as the page is now. React Flow must be told: its own class would else turn Radix's colours back to light.

import { useSyncExternalStore } from "react";

const root = () => document.documentElement;
const read = () => (root().classList.contains("dark") ? "dark" : "light");

function subscribe(callback) {
  const observer = new MutationObserver(callback);
  observer.observe(root(), { attributes: true, attributeFilter: ["class"] });
  return () => observer.disconnect();
}

/** For the `colorMode` of every ReactFlow. */
export const useColourMode = () => useSyncExternalStore(subscribe, read);
