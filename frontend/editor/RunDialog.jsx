// What a run is given: a sample, a form made from the start node's fields, or plain JSON.

import { useMemo, useState } from "react";
import { Button, Dialog, SegmentedControl } from "@radix-ui/themes";
import { parseExact } from "../components/exact.js";
import { Icon } from "../components/icons.jsx";
import { CodeBox } from "./CodeBox.jsx";
import { useEditor, useModel } from "./hooks.js";
import { InputForm } from "./InputForm.jsx";
import { inputSchema } from "./input_schema.js";
import { Refused } from "./Refused.jsx";
import { remembered } from "./ui.js";

const pretty = (value) => JSON.stringify(value, null, 2);

function parsed(text) {
  try {
    return { value: text.trim() ? parseExact(text) : null };
  } catch (error) {
    return { wrong: error.message };
  }
}

function Samples({ samples, chosen, onPick }) {
  const names = Object.keys(samples);
  if (!names.length) return null;
  return (
    <div className="qe-samples" role="group" aria-label="Samples">
      {names.map((name) => (
        <button key={name} type="button" className="qk-chip qe-chip" data-testid={`sample-${name}`} aria-pressed={name === chosen} onClick={() => onPick(name)}>{name}</button>
      ))}
    </div>
  );
}

/** What the dialog opens with: the input of last time, the first sample, or nothing. */
function firstInput(editor, samples) {
  const last = remembered.get(`input:${editor.workflowId}`, undefined);
  return last !== undefined ? last : (Object.values(samples)[0] ?? {});
}

export function RunDialog({ close }) {
  const editor = useEditor();
  const samples = useModel((model) => model.samples);
  const schema = useMemo(() => inputSchema(editor), [editor]);
  const [value, setValue] = useState(() => firstInput(editor, samples));
  const [text, setText] = useState(() => pretty(value));
  const [view, setView] = useState(schema ? "form" : "json");
  const [refused, setRefused] = useState(null);
  const [busy, setBusy] = useState(false);
  const { wrong } = view === "json" ? parsed(text) : {};
  const chosen = Object.keys(samples).find((name) => JSON.stringify(samples[name]) === JSON.stringify(value));

  const change = (next) => {
    setValue(next);
    setText(pretty(next));
  };
  const start = async () => {
    const input = view === "json" ? parsed(text).value : value;
    setBusy(true);
    try {
      await editor.start(input);
      remembered.set(`input:${editor.workflowId}`, input);
      close();
    } catch (problem) {
      setRefused(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) start();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
          event.preventDefault();
          if (!wrong) start();
        }
      }}
    >
      <div className="qe-dialog-head">
        <Dialog.Title size="4" mb="0">Run the draft</Dialog.Title>
        {schema && (
          <SegmentedControl.Root size="1" value={view} onValueChange={setView}>
            <SegmentedControl.Item value="form">Form</SegmentedControl.Item>
            <SegmentedControl.Item value="json">JSON</SegmentedControl.Item>
          </SegmentedControl.Root>
        )}
      </div>
      <Samples samples={samples} chosen={chosen} onPick={(name) => change(samples[name])} />
      <div className="qe-run-input">
        {view === "form" ? (
          <InputForm schema={schema} value={value} onChange={change} />
        ) : (
          <CodeBox value={text} rows={12} label="Input as JSON" wrong={wrong} onChange={(next) => {
            setText(next);
            const { value: read, wrong: bad } = parsed(next);
            if (!bad) setValue(read);
          }} />
        )}
      </div>
      <Refused problem={refused} close={close} />
      <div className="qe-dialog-foot">
        <Button type="button" variant="soft" color="gray" onClick={close}>Cancel</Button>
        <Button type="submit" data-testid="run-start" loading={busy} disabled={Boolean(wrong)}><Icon name="play" size={14} />Run</Button>
      </div>
    </form>
  );
}
