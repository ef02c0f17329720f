// ELK in a worker of its own: fetched when somebody tidies for the first time.

import workerUrl from "elkjs/lib/elk-worker.min.js?url";

let elk = null;

export async function loadElk() {
  if (!elk) {
    const { default: Elk } = await import("elkjs/lib/elk-api.js");
    elk = new Elk({ workerUrl });
  }
  return elk;
}
