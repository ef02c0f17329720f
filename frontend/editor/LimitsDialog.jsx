// How many runs of this workflow are played at once, and which of the waiting ones comes first.

import { useEffect, useState } from "react";
import { Button, Dialog, SegmentedControl, TextField } from "@radix-ui/themes";
import { api } from "../components/api.js";
import { useEditor } from "./hooks.js";
import { Refused } from "./Refused.jsx";

const PRIORITIES = [["high", "High"], ["normal", "Normal"], ["low", "Low"]];

export function LimitsDialog({ close }) {
  const editor = useEditor();
  const path = `/workflows/${editor.workflowId}/limits`;
  const [limits, setLimits] = useState(null);
  const [refused, setRefused] = useState(null);
  const [busy, setBusy] = useState(false);
  const fixed = !editor.me.may("workflow.publish");
  useEffect(() => {
    let gone = false;
    api.get(path).then((found) => !gone && setLimits(found), (problem) => !gone && setRefused(problem));
    return () => {
      gone = true;
    };
  }, [path]);
  const save = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await api.put(path, limits);
      editor.ui.hint("The limits are saved.", "success");
      close();
    } catch (problem) {
      setRefused(problem);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={save}>
      <Dialog.Title size="4" mb="1">Limits of runs</Dialog.Title>
      <Dialog.Description size="2" color="gray" mb="4">They take effect at once, for every version. Waiting for people or events does not count.</Dialog.Description>
      {limits && (
        <div className="qe-fields">
          <div className="qe-field">
            <div className="qe-label"><label htmlFor="limits-at-once">Runs at once</label></div>
            <TextField.Root id="limits-at-once" data-testid="limits-at-once" type="number" min={1} max={100000} step={1} placeholder="No limit" readOnly={fixed} value={limits.at_once ?? ""} onChange={(event) => setLimits({ ...limits, at_once: event.target.value === "" ? null : Number(event.target.value) })} />
            <div className="qe-other">The others wait queued.</div>
          </div>
          <div className="qe-field">
            <div className="qe-label">Priority</div>
            <SegmentedControl.Root size="1" className="qe-segments" aria-label="Priority" value={limits.priority} onValueChange={(priority) => !fixed && setLimits({ ...limits, priority })}>
              {PRIORITIES.map(([value, word]) => <SegmentedControl.Item key={value} value={value}>{word}</SegmentedControl.Item>)}
            </SegmentedControl.Root>
            <div className="qe-other">Of runs whose start names none. High overtakes what has waited up to ten minutes.</div>
          </div>
        </div>
      )}
      <Refused problem={refused} close={close} />
      <div className="qe-dialog-foot">
        <Button type="button" variant="soft" color="gray" onClick={close}>{fixed ? "Close" : "Cancel"}</Button>
        {!fixed && <Button type="submit" data-testid="limits-save" loading={busy} disabled={!limits}>Save</Button>}
      </div>
    </form>
  );
}
