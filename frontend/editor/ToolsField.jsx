// The tools of an agent: a list to tick, each with what it does and what it does to the world.

import { useEffect, useState } from "react";
import { Checkbox } from "@radix-ui/themes";
import { api, entries } from "../components/api.js";

const first = (text) => String(text ?? "").split("\n\n")[0];

export function Tools({ id, value, onChange, label, readonly, disabled }) {
  const [known, setKnown] = useState([]);
  const chosen = value ?? [];
  useEffect(() => {
    let gone = false;
    api.get("/tools").then((page) => !gone && setKnown(entries(page)), () => {});
    return () => {
      gone = true;
    };
  }, []);
  const names = known.map((tool) => tool.name);
  const unknown = chosen.filter((name) => known.length && !names.includes(name)).map((name) => ({ name, title: name, description: "There is no such tool here.", effects: [] }));
  const flip = (name, on) => onChange(on ? [...chosen, name] : chosen.filter((one) => one !== name));
  return (
    <div id={id} className="qe-hands" role="group" aria-label={label}>
      {[...known, ...unknown].map((tool) => (
        <label key={tool.name} className="qe-hand">
          <Checkbox size="1" checked={chosen.includes(tool.name)} disabled={readonly || disabled} onCheckedChange={(on) => flip(tool.name, on === true)} />
          <span>
            <b>{tool.title}</b> {tool.effects.length > 0 && <small>{tool.effects.join(", ")}</small>}
            <small className="qe-hand-help">{first(tool.description)}</small>
          </span>
        </label>
      ))}
    </div>
  );
}
