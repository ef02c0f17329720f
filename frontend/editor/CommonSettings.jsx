// What every node has beside its kind's settings: its compensation, attempts, timeout, what an error does, disabled, a note.

import { Select, Switch, TextArea, TextField } from "@radix-ui/themes";
import { AnyValue } from "./FormFields.jsx";
import { useEditor } from "./hooks.js";
import { UndoneBy } from "./UndoneBy.jsx";

const ON_ERROR = { fail: "Fail the run", route: "Leave by the port “error”", default: "Go on with a default output" };
const RETRY = { max_attempts: 1, backoff_seconds: 1, factor: 2 };

function Row({ label, id, children }) {
  return (
    <div className="qe-field" data-field={id}>
      <div className="qe-label"><label htmlFor={`common-${id}`}>{label}</label></div>
      {children}
    </div>
  );
}

function NumberField({ id, value, onChange, readOnly, ...limits }) {
  return (
    <TextField.Root
      id={`common-${id}`}
      type="number"
      value={value ?? ""}
      readOnly={readOnly}
      onChange={(event) => onChange(event.target.value === "" ? null : Number(event.target.value))}
      {...limits}
    />
  );
}

function Retry({ node, set, readOnly }) {
  const retry = { ...RETRY, ...node.retry };
  const change = (part) => {
    const next = { ...retry, ...part };
    if (Object.values(next).every((value) => value != null)) set("retry", JSON.stringify(next) === JSON.stringify(RETRY) ? undefined : next);
  };
  return (
    <>
      <Row id="retry" label="Attempts"><NumberField id="retry" value={retry.max_attempts} min={1} max={20} readOnly={readOnly} onChange={(max_attempts) => change({ max_attempts })} /></Row>
      {retry.max_attempts > 1 && (
        <div className="qe-two">
          <Row id="backoff" label="First pause, seconds"><NumberField id="backoff" value={retry.backoff_seconds} min={0} max={3600} step="any" readOnly={readOnly} onChange={(backoff_seconds) => change({ backoff_seconds })} /></Row>
          <Row id="factor" label="Growth of the pause"><NumberField id="factor" value={retry.factor} min={1} max={10} step="any" readOnly={readOnly} onChange={(factor) => change({ factor })} /></Row>
        </div>
      )}
    </>
  );
}

export function CommonSettings({ node, kind }) {
  const { edits, draft } = useEditor();
  const readOnly = !draft.canEdit;
  const set = (field, value) => edits.set(node.id, field, value);
  return (
    <div className="qe-fields">
      <Row id="on_error" label="When it fails">
        <Select.Root value={node.on_error} disabled={readOnly} onValueChange={(value) => set("on_error", value)}>
          <Select.Trigger id="common-on_error" className="qe-wide" />
          <Select.Content>{Object.entries(ON_ERROR).map(([value, words]) => <Select.Item key={value} value={value}>{words}</Select.Item>)}</Select.Content>
        </Select.Root>
      </Row>
      {node.on_error === "default" && <Row id="default_output" label="Default output, as JSON"><AnyValue id="common-default_output" rows={3} label="Default output" value={node.default_output} readOnly={readOnly} onChange={(value) => set("default_output", value)} /></Row>}
      <UndoneBy node={node} kind={kind} />
      <Retry node={node} set={set} readOnly={readOnly} />
      <Row id="timeout" label="Timeout, seconds"><NumberField id="timeout" value={node.timeout_seconds} min={1} max={86400} readOnly={readOnly} placeholder="None" onChange={(value) => set("timeout_seconds", value > 0 ? value : undefined)} /></Row>
      {kind?.cacheable && <Row id="cache" label="Keep the result for, seconds"><NumberField id="cache" value={node.cache_seconds} min={1} max={31622400} readOnly={readOnly} placeholder="Not at all" onChange={(value) => set("cache_seconds", value > 0 ? value : undefined)} /></Row>}
      <label className="qe-toggle"><Switch size="1" checked={Boolean(node.disabled)} disabled={readOnly} onCheckedChange={(on) => set("disabled", on)} />Disabled: what comes in goes out unchanged</label>
      <Row id="note" label="Note"><TextArea id="common-note" rows={3} maxLength={10000} value={node.note ?? ""} readOnly={readOnly} placeholder="What others should know about this node" onChange={(event) => set("note", event.target.value || undefined)} /></Row>
    </div>
  );
}
