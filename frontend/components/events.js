// Follows the events of a run: first what was missed, then live, without a gap and without a repeat.

import { socketAddress } from "./api.js";

const ENDS = new Set(["run.succeeded", "run.failed", "run.cancelled"]);
const REFUSED = new Set([4401, 4404]); // not signed in, no such run: trying again would not help
const FIRST_PAUSE = 400;
const LONGEST_PAUSE = 8000;

/**
 * Call `onEvent` once for every numbered event after `after`, and for the volatile ones that arrive.
 * `onLink` hears "connecting", "live", "ended" or "refused". Returns a function that stops it.
 */
export function followRun(runId, { after = 0, onEvent, onLink = () => {} }) {
  let last = after;
  let pause = FIRST_PAUSE;
  let socket = null;
  let timer = null;
  let done = false;

  function finish(word) {
    done = true;
    clearTimeout(timer);
    onLink(word);
    socket?.close();
  }

  function receive(message) {
    const from = socket;
    for (const line of message.data.split("\n")) {
      if (done || from !== socket || !from.onmessage) return; // what follows will be sent again
      take(JSON.parse(line));
    }
  }

  function take(event) {
    if (event.kind === "resync") return reconnect();
    if (event.seq == null) return onEvent(event);
    if (event.seq <= last) return undefined;
    if (event.seq > last + 1) return reconnect(); // a hole: ask again from the last one we have
    last = event.seq;
    onEvent(event);
    return ENDS.has(event.kind) ? finish("ended") : undefined;
  }

  function reconnect() {
    socket.onmessage = null;
    socket.close();
  }

  function open() {
    onLink("connecting");
    const mine = new WebSocket(socketAddress(`/runs/${encodeURIComponent(runId)}/events?after=${last}&lines=true`));
    socket = mine;
    mine.onopen = () => {
      pause = FIRST_PAUSE;
      onLink("live");
    };
    mine.onmessage = receive;
    mine.onclose = (closed) => {
      if (done || socket !== mine) return;
      if (REFUSED.has(closed.code)) return finish("refused");
      onLink("connecting");
      timer = setTimeout(open, pause * (0.75 + Math.random() / 2));
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    };
  }

  open();
  return () => {
    done = true;
    clearTimeout(timer);
    socket?.close();
  };
}
