// Sends a waiting step the event that it waits for, as a person would when the other side cannot.
import { useState } from "react";
import { api } from "../components/api.js";
import { parseExact } from "../components/exact.js";

export function SendEvent({ runId, event }) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("{}");
  const [trouble, setTrouble] = useState("");
  const [sending, setSending] = useState(false);
  const spoken = event.key ? `${event.name} (${event.key})` : event.name;

  const send = async (submitted) => {
    submitted.preventDefault();
    const { payload, wrong } = parsed(text);
    if (wrong) return setTrouble(wrong);
    setSending(true);
    try {
      await api.post(`/runs/${runId}/signals`, { name: event.name, key: event.key, payload });
      setOpen(false);
    } catch (error) {
      setTrouble([error.message, error.fix].filter(Boolean).join(" "));
    } finally {
      setSending(false);
    }
    return undefined;
  };

  if (!open) {
    return (
      <div className="qv-send">
        <span>Waits for the event {spoken}.</span>
        <button type="button" className="qv-decide" data-testid="send-event" onClick={() => setOpen(true)}>
          Send event
        </button>
      </div>
    );
  }
  return (
    <form className="qv-send" onSubmit={send} data-testid="send-event-form">
      <label htmlFor="qv-send-data">Data of {spoken}, as JSON</label>
      <textarea id="qv-send-data" rows={5} value={text} spellCheck={false} onChange={(change) => setText(change.target.value)} />
      {trouble && <p role="alert">{trouble}</p>}
      <div>
        <button type="button" className="qv-link" onClick={() => setOpen(false)}>
          Not now
        </button>
        <button type="submit" className="qv-decide" disabled={sending}>
          Send
        </button>
      </div>
    </form>
  );
}

function parsed(text) {
  try {
    return { payload: text.trim() ? parseExact(text) : null };
  } catch (error) {
    return { wrong: error instanceof SyntaxError ? "This is not JSON. Text needs quotes, for example \"paid\"." : error.message };
  }
}
