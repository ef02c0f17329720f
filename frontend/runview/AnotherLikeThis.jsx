// Start another run like this one: the same version, with its input to be changed first.
import { useState } from "react";
import { Button, Dialog } from "@radix-ui/themes";
import { useNavigate } from "react-router";
import { api } from "../components/api.js";
import { parseExact } from "../components/exact.js";

export function AnotherLikeThis({ run, close }) {
  const [text, setText] = useState(() => JSON.stringify(run.input ?? null, null, 2));
  const [version, setVersion] = useState(run.version_id);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(null);
  const navigate = useNavigate();
  const { value, wrong } = parsed(text);

  const start = async (submitted) => {
    submitted.preventDefault();
    setBusy(true);
    try {
      const made = await api.post(`/workflows/${run.workflow_id}/runs`, { input: value, version });
      close();
      navigate(`/runs/${made.id}`);
    } catch (problem) {
      setRefused(problem);
      setBusy(false);
    }
  };

  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Content maxWidth="560px" data-testid="another-dialog">
        <form className="qv-fork" onSubmit={start}>
          <Dialog.Title size="4" mb="1">Start another like this</Dialog.Title>
          <Dialog.Description size="2" color="gray">A new run of {run.workflow_name}, with nothing taken over but the input.</Dialog.Description>
          <label className="qv-fork-output">
            <span>Input, as JSON</span>
            <textarea rows={10} value={text} spellCheck={false} aria-invalid={Boolean(wrong)} onChange={(change) => setText(change.target.value)} />
            {wrong && <small role="alert">This is not JSON: {wrong}</small>}
          </label>
          <label className="qv-fork-row">
            <span>Version</span>
            <select value={version} onChange={(change) => setVersion(change.target.value)}>
              <option value={run.version_id}>The version of this run</option>
              <option value="published">The published version</option>
              <option value="draft">The draft as it is now</option>
            </select>
          </label>
          {refused && (
            <div className="qv-trouble" role="alert">
              <strong>{refused.message}</strong>
              {refused.problems.slice(0, 5).map((one) => <p key={`${one.place} ${one.code}`}>{one.message}</p>)}
              {refused.fix && <p>{refused.fix}</p>}
            </div>
          )}
          <div className="qv-fork-foot">
            <Button type="button" variant="soft" color="gray" onClick={close}>Cancel</Button>
            <Button type="submit" data-testid="another-go" loading={busy} disabled={Boolean(wrong)}>Start</Button>
          </div>
        </form>
      </Dialog.Content>
    </Dialog.Root>
  );
}

function parsed(text) {
  try {
    return { value: text.trim() ? parseExact(text) : null };
  } catch (error) {
    return { wrong: error.message };
  }
}
