// What plays instead of a node in trial runs: nothing, a fixed value, what it gave last, or a scripted model.

import { Select } from "@radix-ui/themes";
import { portsOf } from "../components/kinds.js";
import { CodeBox } from "./CodeBox.jsx";
import { AnyValue } from "./FormFields.jsx";
import { useEditor } from "./hooks.js";

const NONE = "none";
const SOURCES = { value: "A fixed value", last_run: "What it gave last" };
const SCRIPT = "turns:\n  - say: Here is my answer.\n";

export const speaks = (kind) => Object.values(kind.schema?.properties ?? {}).some((part) => part.widget === "model") && "script" in (kind.schema?.properties ?? {});

export function PortChoice({ kind, node, value, onChange, label, readOnly }) {
  const ports = portsOf(kind, node);
  if (ports.length < 2) return null;
  return (
    <div className="qe-field">
      <div className="qe-label"><label>{label}</label></div>
      <Select.Root value={value ?? ports[0]} disabled={readOnly} onValueChange={(port) => onChange(port === ports[0] ? undefined : port)}>
        <Select.Trigger className="qe-wide" aria-label={label} data-testid="stand-in-port" />
        <Select.Content>{ports.map((port) => <Select.Item key={port} value={port}>{port}</Select.Item>)}</Select.Content>
      </Select.Root>
    </div>
  );
}

export function MockSettings({ node, kind }) {
  const { edits, draft, data } = useEditor();
  const readOnly = !draft.canEdit;
  if (["start", "note", "exit", "state", "machine"].includes(kind.role)) return null;
  const { mock } = node;
  const set = (part) => edits.set(node.id, "mock", part === null ? undefined : { ...mock, ...part });
  const choose = (source) => {
    if (source === NONE) return set(null);
    if (source === "value") return edits.set(node.id, "mock", { source, output: data.output(node.id) ?? null });
    return edits.set(node.id, "mock", source === "model" ? { source, script: SCRIPT } : { source });
  };
  const sources = speaks(kind) ? { ...SOURCES, model: "A scripted model" } : SOURCES;
  return (
    <>
      <div className="qe-field" data-field="mock">
        <div className="qe-label"><label htmlFor="common-mock">In trial runs it gives</label></div>
        <Select.Root value={mock?.source ?? (mock ? "value" : NONE)} disabled={readOnly} onValueChange={choose}>
          <Select.Trigger id="common-mock" data-testid="mock" className="qe-wide" />
          <Select.Content>
            <Select.Item value={NONE}>What it does</Select.Item>
            {Object.entries(sources).map(([value, words]) => <Select.Item key={value} value={value}>{words}</Select.Item>)}
          </Select.Content>
        </Select.Root>
        {mock && <div className="qe-other">A mock stands in for it in runs of the draft; a published version plays it.</div>}
      </div>
      {mock && (mock.source ?? "value") === "value" && (
        <>
          <div className="qe-field"><div className="qe-label"><label>Output of the mock, as JSON</label></div><AnyValue key={node.id} id="common-mock-output" rows={4} label="Output of the mock" value={mock.output} readOnly={readOnly} onChange={(output) => set({ output })} /></div>
          <PortChoice kind={kind} node={node} value={mock.port} label="The mock leaves by" readOnly={readOnly} onChange={(port) => edits.set(node.id, "mock", { source: "value", output: mock.output, ...(port ? { port } : {}) })} />
        </>
      )}
      {mock?.source === "model" && <div className="qe-field"><div className="qe-label"><label>Script of the model</label></div><CodeBox rows={5} label="Script of the model" value={mock.script ?? ""} readOnly={readOnly} onChange={(script) => set({ script })} /></div>}
    </>
  );
}
