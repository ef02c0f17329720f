// The widgets of single values, drawn with Radix: text, template, expression, code, choice, switch, duration, lists to choose from.

import { useEffect, useId, useState } from "react";
import { SegmentedControl, Select, Switch, TextField } from "@radix-ui/themes";
import { api, entries } from "../components/api.js";
import { rounded } from "../components/exact.js";
import { CodeBox } from "./CodeBox.jsx";
import { Cron } from "./CronField.jsx";
import { FileField } from "./FileField.jsx";
import { MarkedText } from "./MarkedText.jsx";
import { ReadingField } from "./ReadingField.jsx";
import { spoken } from "./schema.js";
import { Tools } from "./ToolsField.jsx";

const NONE = "\u0000none"; // Radix refuses an empty value

const empty = (options, text) => (text === "" ? (options?.emptyValue ?? "") : text);

function Text({ id, value, onChange, onFocus, onBlur, options, placeholder, readonly, disabled, schema, type }) {
  const number = schema.type === "number" || schema.type === "integer";
  const [lost, setLost] = useState(null); // a number that would be rounded is not taken
  const change = (text) => {
    const long = number ? rounded(text) : null;
    setLost(long);
    if (!long) onChange(read(text));
  };
  const read = (text) => (number ? (text === "" || Number.isNaN(Number(text)) ? undefined : Number(text)) : empty(options, text));
  return (
    <>
    <TextField.Root
      id={id}
      type={number ? "number" : (type ?? "text")}
      step={schema.type === "integer" ? 1 : "any"}
      min={schema.minimum}
      max={schema.maximum}
      maxLength={schema.maxLength}
      value={lost ?? value ?? ""}
      placeholder={placeholder || (schema.default != null ? String(schema.default) : "")}
      readOnly={readonly || disabled}
      onFocus={() => onFocus(id, value)}
      onBlur={() => onBlur(id, value)}
      onChange={(event) => change(event.target.value)}
    />
    {lost && <div className="qe-wrong">This has more digits than a number keeps. Use a field of text for it.</div>}
    </>
  );
}

function LongText({ id, value, onChange, readonly, disabled, schema, placeholder, label }) {
  return <MarkedText id={id} value={value} least={3} mono={false} maxLength={schema.maxLength} placeholder={placeholder} readOnly={readonly || disabled} aria-label={label} onChange={(event) => onChange(event.target.value)} />;
}

function Template({ id, value, onChange, readonly, disabled, label, placeholder }) {
  return <ReadingField id={id} value={value} sort="template" least={2} label={label} placeholder={placeholder || "Text with {{ input.field }}, or = for an expression"} readOnly={readonly || disabled} onChange={onChange} />;
}

function Expression({ id, value, onChange, readonly, disabled, label, options }) {
  return <ReadingField id={id} value={value} sort="expression" label={label} takes={options?.takes} placeholder="An expression, such as input.amount" readOnly={readonly || disabled} onChange={onChange} />;
}

function Code({ id, value, onChange, readonly, disabled, label }) {
  const rows = Math.min(24, Math.max(8, String(value ?? "").split("\n").length + 1));
  return <CodeBox id={id} rows={rows} value={value ?? ""} label={label} readOnly={readonly || disabled} onChange={onChange} />;
}

function Choice({ id, value: given, onChange, schema, options, readonly, disabled, label, required }) {
  const value = given ?? schema.default;
  const choices = options.enumOptions?.map((one) => one.value) ?? schema.enum ?? [];
  const fixed = readonly || disabled;
  const letters = choices.reduce((sum, choice) => sum + String(choice).length, 0);
  if (choices.length <= 3 && letters < 26 && value != null) {
    return (
      <SegmentedControl.Root id={id} size="1" className="qe-segments" value={value} aria-label={label} onValueChange={(next) => !fixed && onChange(next)}>
        {choices.map((choice) => <SegmentedControl.Item key={choice} value={choice}>{spoken(choice)}</SegmentedControl.Item>)}
      </SegmentedControl.Root>
    );
  }
  return (
    <Select.Root value={value ?? NONE} disabled={fixed} onValueChange={(next) => onChange(next === NONE ? undefined : next)}>
      <Select.Trigger id={id} aria-label={label} className="qe-wide" placeholder="Choose" />
      <Select.Content>
        {!required && schema.default == null && <Select.Item value={NONE}>–</Select.Item>}
        {choices.map((choice) => <Select.Item key={choice} value={choice}>{spoken(choice)}</Select.Item>)}
      </Select.Content>
    </Select.Root>
  );
}

function Toggle({ id, value, onChange, readonly, disabled, label, schema }) {
  return (
    <label className="qe-toggle" htmlFor={id} title={schema.description}>
      <Switch id={id} size="1" checked={Boolean(value)} disabled={readonly || disabled} onCheckedChange={onChange} />
      {label}
    </label>
  );
}

function Several({ value = [], onChange, options, label, readonly, disabled }) {
  const choices = options.enumOptions?.map((one) => one.value) ?? [];
  const flip = (choice) => onChange(choices.filter((one) => (one === choice) !== value.includes(one)));
  return (
    <div className="qe-chips" role="group" aria-label={label}>
      {choices.map((choice) => (
        <button key={choice} type="button" className="qe-chip" aria-pressed={value.includes(choice)} disabled={readonly || disabled} onClick={() => flip(choice)}>{spoken(choice)}</button>
      ))}
    </div>
  );
}

const UNITS = [["seconds", 1], ["minutes", 60], ["hours", 3600], ["days", 86400]];
const unitOf = (seconds) => (seconds ? UNITS.findLast(([, size]) => seconds % size === 0)[0] : "minutes");

function Duration({ id, value, onChange, readonly, disabled, label }) {
  const [chosen, setUnit] = useState(null);
  const unit = chosen ?? unitOf(value);
  const size = UNITS.find(([name]) => name === unit)[1];
  const fixed = readonly || disabled;
  return (
    <div className="qe-pair">
      <TextField.Root id={id} type="number" min={0} step="any" value={value == null ? "" : value / size} placeholder="Never" readOnly={fixed} onChange={(event) => onChange(event.target.value === "" ? undefined : Number(event.target.value) * size)} />
      <Select.Root value={unit} disabled={fixed} onValueChange={(next) => {
        setUnit(next);
        if (value != null) onChange((value / size) * UNITS.find(([name]) => name === next)[1]);
      }}>
        <Select.Trigger aria-label={`Unit of ${label}`} />
        <Select.Content>{UNITS.map(([name]) => <Select.Item key={name} value={name}>{name}</Select.Item>)}</Select.Content>
      </Select.Root>
    </div>
  );
}

const nameOf = (entry) => (typeof entry === "string" ? entry : (entry.slug ?? entry.name ?? entry.id));
const titleOf = (entry) => (typeof entry === "string" ? "" : (entry.title ?? (entry.name === nameOf(entry) ? "" : entry.name) ?? ""));

/** A name that the server knows a list of; anything may be typed, for templates and things to come. */
function fromList(path, placeholder) {
  return function Known({ id, value, onChange, readonly, disabled }) {
    const list = useId();
    const [known, setKnown] = useState([]);
    useEffect(() => {
      let gone = false;
      api.get(path).then((page) => !gone && setKnown(entries(page)), () => {});
      return () => {
        gone = true;
      };
    }, []);
    return (
      <>
        <TextField.Root id={id} list={list} value={value ?? ""} placeholder={placeholder} readOnly={readonly || disabled} autoComplete="off" onChange={(event) => onChange(event.target.value)} />
        <datalist id={list}>{known.map((entry) => <option key={nameOf(entry)} value={nameOf(entry)}>{titleOf(entry)}</option>)}</datalist>
      </>
    );
  };
}

const ZONES = ["UTC", ...(Intl.supportedValuesOf?.("timeZone") ?? [])];

function Zone({ id, value, onChange, readonly, disabled, schema }) {
  const list = useId();
  return (
    <>
      <TextField.Root id={id} list={list} value={value ?? schema.default ?? ""} placeholder="Europe/Berlin" readOnly={readonly || disabled} autoComplete="off" spellCheck={false} onChange={(event) => onChange(event.target.value)} />
      <datalist id={list}>{ZONES.map((zone) => <option key={zone} value={zone} />)}</datalist>
    </>
  );
}

export const widgets = {
  TextWidget: Text,
  EmailWidget: Text,
  URLWidget: Text,
  UpDownWidget: Text,
  TextareaWidget: LongText,
  CheckboxWidget: Toggle,
  SelectWidget: Choice,
  CheckboxesWidget: Several,
  textarea: LongText,
  template: Template,
  expression: Expression,
  code: Code,
  choice: Choice,
  several: Several,
  roles: Several,
  duration: Duration,
  number: Text,
  cron: Cron,
  zone: Zone,
  file: FileField,
  FileWidget: FileField,
  boolean: Toggle,
  model: fromList("/models?kind=chat", "scripted/extractive"),
  secret: fromList("/secrets", "Name of a secret"),
  workflow: fromList("/workflows", "Short name of a workflow"),
  collection: fromList("/collections", "Name of a collection"),
  agent: fromList("/agents", "None: say it here"),
  tools: Tools,
};
