// A line of cron: how often is chosen, when is set, and the line itself can always be written.

import { useState } from "react";
import { Select, TextField } from "@radix-ui/themes";
import { DAYS, lineOf, OFTEN, read, wordsOf } from "./cron.js";

function Choose({ label, value, choices, onChange, disabled }) {
  return (
    <Select.Root value={String(value)} disabled={disabled} onValueChange={onChange}>
      <Select.Trigger aria-label={label} />
      <Select.Content>{choices.map(([key, word]) => <Select.Item key={key} value={String(key)}>{word}</Select.Item>)}</Select.Content>
    </Select.Root>
  );
}

const two = (number) => String(number).padStart(2, "0");
const MONTH_DAYS = Array.from({ length: 31 }, (_, i) => [i + 1, `Day ${i + 1}`]);

export function Cron({ id, value, onChange, readonly, disabled, label }) {
  const fixed = readonly || disabled;
  const meant = read(value ?? "");
  const [own, setOwn] = useState(false);
  const often = own ? "own" : meant.often;
  const put = (part) => onChange(lineOf({ ...meant, ...part }));
  const choose = (next) => {
    setOwn(next === "own");
    if (next === "never") onChange("");
    else if (next !== "own") put({ often: next });
  };
  const wrong = value && !wordsOf(value);
  return (
    <div className="qe-cron">
      <div className="qe-cron-row">
        <Choose label={`How often: ${label}`} value={often} choices={OFTEN} onChange={choose} disabled={fixed} />
        {often === "week" && <Choose label="Weekday" value={meant.weekday} choices={DAYS} onChange={(day) => put({ weekday: Number(day) })} disabled={fixed} />}
        {often === "month" && <Choose label="Day of the month" value={meant.day} choices={MONTH_DAYS} onChange={(day) => put({ day: Number(day) })} disabled={fixed} />}
        {["day", "workday", "week", "month"].includes(often) && (
          <TextField.Root type="time" aria-label="Time" value={`${two(meant.hour)}:${two(meant.minute)}`} readOnly={fixed} onChange={(event) => {
            const [hour, minute] = event.target.value.split(":").map(Number);
            if (Number.isInteger(minute)) put({ hour, minute });
          }} />
        )}
      </div>
      <TextField.Root id={id} className="qe-cron-line" value={value ?? ""} placeholder="minute hour day month weekday" spellCheck={false} readOnly={fixed} onChange={(event) => onChange(event.target.value)} />
      <small data-wrong={wrong || undefined}>{wrong ? "Five parts: minute, hour, day, month and weekday." : wordsOf(value ?? "") || "Never"}</small>
    </div>
  );
}
