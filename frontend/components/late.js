// Parts of a page that are fetched when they are wanted first. Whoever is offline waits for them, and the page stays.

import { lazy } from "react";

const AGAIN = 3000; // ms

/** Fetch it now, else when the browser is online again, else every few seconds. */
function fetched(load) {
  return load().catch(() => new Promise((resolve) => {
    const again = () => {
      clearTimeout(timer);
      window.removeEventListener("online", again);
      resolve(fetched(load));
    };
    const timer = setTimeout(again, AGAIN);
    window.addEventListener("online", again);
  }));
}

/** A component that comes late, as React's `lazy`; a connection that fails is no error of the page. */
export const late = (load) => lazy(() => fetched(load));
