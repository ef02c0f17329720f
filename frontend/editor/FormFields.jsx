// The fields that hold more than one plain value: JSON, named values, and rules.

import { useEffect, useState } from "react";
import { SegmentedControl, Select, TextField } from "@radix-ui/themes";
import { parseExact } from "../components/exact.js";
import { Icon } from "../components/icons.jsx";
import { CodeBox } from "./CodeBox.jsx";
import { ReadingField } from "./ReadingField.jsx";
import { spoken } from "./schema.js";

const written = (value) => (value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value, null, 2));

/** JSON where it reads as JSON; any other text is that text. So `5`, `true`, `[1]` and plain words all mean what they look like. */
function meant(text) {
  const trimmed = text.trim();
  if (trimmed === "") return { value: null };
  try {
    return { value: parseExact(trimmed) };
  } catch (error) {
    return /^[[{"]/.test(trimmed) || !(error instanceof SyntaxError) ? { wrong: error.message } : { value: text };
  }
}

export function AnyValue({ id, value, onChange, label, rows = 1, readOnly }) {
  const [text, setText] = useState(() => written(value));
  const { value: read, wrong } = meant(text);
  useEffect(() => {
    if (JSON.stringify(meant(text).value ?? null) !== JSON.stringify(value ?? null)) setText(written(value));
  }, [value]);
  const change = (next) => {
    setText(next);
    const found = meant(next);
    if (!found.wrong) onChange(found.value);
  };
  const lines = Math.min(10, Math.max(rows, text.split("\n").length));
  return <CodeBox id={id} rows={lines} value={text} label={label} wrong={wrong && read === undefined ? wrong : ""} readOnly={readOnly} onChange={change} />;
}

function JsonField({ fieldPathId, formData, onChange, schema, name, readonly, disabled }) {
  return <AnyValue id={fieldPathId.$id} value={formData} label={schema.title ?? name} readOnly={readonly || disabled} onChange={(value) => onChange(value, fieldPathId.path)} />;
}

function Remove({ onClick }) {
  return <button type="button" className="qe-tool" aria-label="Remove" onClick={onClick}><Icon name="x" size={13} /></button>;
}

function KeyValueField({ fieldPathId, formData = [], onChange, schema, readonly, disabled }) {
  const fixed = readonly || disabled;
  const put = (rows) => onChange(rows, fieldPathId.path);
  const change = (i, part) => put(formData.map((row, at) => (at === i ? { ...row, ...part } : row)));
  return (
    <div className="qe-list" id={fieldPathId.$id}>
      {formData.map((row, i) => (
        <div key={i} className="qe-keyvalue">
          <TextField.Root value={row?.name ?? ""} placeholder="name" aria-label={`Name ${i + 1}`} readOnly={fixed} onChange={(event) => change(i, { name: event.target.value })} />
          <ReadingField id={`${fieldPathId.$id}.${i}.value`} value={row?.value} sort="template" placeholder="Text, or = for an expression" label={`Value ${i + 1}`} readOnly={fixed} onChange={(value) => change(i, { value })} />
          {!fixed && <Remove onClick={() => put(formData.filter((_, at) => at !== i))} />}
        </div>
      ))}
      {!fixed && <button type="button" className="qe-add" onClick={() => put([...formData, { name: "", value: "" }])}><Icon name="plus" size={13} />Add {schema.items?.title?.toLowerCase() === "header" ? "header" : "value"}</button>}
    </div>
  );
}

const ALONE = new Set(["is_empty", "is_not_empty", "is_true", "is_false"]);

function RuleRow({ id, row, operators, fixed, onChange, onRemove, number }) {
  return (
    <div className="qe-rule">
      <ReadingField id={id} value={row.field} sort="expression" placeholder="input.amount" label={`Field of rule ${number}`} readOnly={fixed} onChange={(field) => onChange({ field })} />
      <Select.Root value={row.operator ?? "equals"} disabled={fixed} onValueChange={(operator) => onChange({ operator })}>
        <Select.Trigger aria-label={`Operator of rule ${number}`} />
        <Select.Content>{operators.map((one) => <Select.Item key={one} value={one}>{spoken(one)}</Select.Item>)}</Select.Content>
      </Select.Root>
      {!ALONE.has(row.operator) && <AnyValue value={row.value} label={`Value of rule ${number}`} readOnly={fixed} onChange={(value) => onChange({ value })} />}
      {!fixed && <Remove onClick={onRemove} />}
    </div>
  );
}

function RulesField({ fieldPathId, formData, onChange, schema, readonly, disabled }) {
  const rules = { match: "all", rows: [], ...formData };
  const fixed = readonly || disabled;
  const operators = schema.properties?.rows?.items?.properties?.operator?.enum ?? ["equals"];
  const put = (part) => onChange({ ...rules, ...part }, fieldPathId.path);
  return (
    <div className="qe-list" id={fieldPathId.$id}>
      {rules.rows.length > 1 && (
        <div className="qe-match">
          Holds when
          <SegmentedControl.Root size="1" value={rules.match} onValueChange={(match) => !fixed && put({ match })}>
            <SegmentedControl.Item value="all">all</SegmentedControl.Item>
            <SegmentedControl.Item value="any">any</SegmentedControl.Item>
          </SegmentedControl.Root>
          of these hold
        </div>
      )}
      {rules.rows.map((row, i) => (
        <RuleRow
          key={i}
          id={`${fieldPathId.$id}.${i}.field`}
          number={i + 1}
          row={row}
          operators={operators}
          fixed={fixed}
          onChange={(part) => put({ rows: rules.rows.map((old, at) => (at === i ? { ...old, ...part } : old)) })}
          onRemove={() => put({ rows: rules.rows.filter((_, at) => at !== i) })}
        />
      ))}
      {!fixed && <button type="button" className="qe-add" onClick={() => put({ rows: [...rules.rows, { field: "", operator: "equals", value: "" }] })}><Icon name="plus" size={13} />Add rule</button>}
    </div>
  );
}

export const fields = { json: JsonField, keyvalue: KeyValueField, rules: RulesField };
