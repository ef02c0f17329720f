// All shortcuts, out of the list of commands; each can be given other keys in this browser.

import { useEffect, useMemo, useState } from "react";
import { Button, Dialog } from "@radix-ui/themes";
import { Icon } from "../components/icons.jsx";
import { isOwn, keysOf, rebind, rebindNone, spoken, unusable } from "./bindings.js";
import { COMMANDS } from "./commands.js";
import { useEditor, useUi } from "./hooks.js";
import { Keys } from "./Keys.jsx";

/** Takes the next keys that somebody presses; Escape keeps what was. */
function useRecorder(ui) {
  const [wanted, setWanted] = useState(null);
  const [why, setWhy] = useState("");
  useEffect(() => {
    if (!wanted) return undefined;
    const press = (event) => {
      event.preventDefault();
      event.stopPropagation();
      if (event.key === "Escape") return setWanted(null);
      const keys = spoken(event);
      if (!keys) return undefined;
      const refused = unusable(keys, wanted, COMMANDS);
      setWhy(refused);
      if (refused) return undefined;
      rebind(ui, wanted, keys);
      return setWanted(null);
    };
    window.addEventListener("keydown", press, true);
    return () => window.removeEventListener("keydown", press, true);
  }, [wanted, ui]);
  return { wanted, why, record: (command) => { setWhy(""); setWanted(command); } };
}

function Row({ command, recording, why, onRecord, onReset }) {
  return (
    <div className="qe-sheet-row" data-testid={`shortcut-${command.name}`}>
      <span>{command.title}</span>
      {recording ? <span className="qe-recording" role="status">{why || "Press the keys …"}</span> : (
        <span className="qe-sheet-keys">
          {isOwn(command) && <button type="button" className="qe-tool" title="As it was" aria-label={`${command.title}: as it was`} onClick={onReset}><Icon name="undo-2" size={13} /></button>}
          {command.native ? <Keys keys={command.keys[0]} /> : (
            <button type="button" className="qe-keys-button" title="Change" aria-label={`Change the keys of ${command.title}`} onClick={onRecord}>
              {keysOf(command).length ? <Keys keys={keysOf(command)[0]} /> : <small>Set</small>}
            </button>
          )}
        </span>
      )}
    </div>
  );
}

const OWN_KEYS = (command) => !["port", "wire"].includes(command.needs);

export function ShortcutSheet() {
  const { ui } = useEditor();
  useUi((state) => state.bindings);
  const groups = useMemo(() => Object.entries(Object.groupBy(COMMANDS.filter(OWN_KEYS), (command) => command.group)), []);
  const { wanted, why, record } = useRecorder(ui);
  return (
    <>
      <div className="qe-dialog-head">
        <Dialog.Title size="4" mb="0">Shortcuts</Dialog.Title>
        {COMMANDS.some(isOwn) && <Button size="1" variant="soft" color="gray" data-testid="shortcuts-reset" onClick={() => rebindNone(ui)}>All as they were</Button>}
      </div>
      <div className="qe-sheet">
        {groups.map(([name, commands]) => (
          <section key={name}>
            <h3>{name}</h3>
            {commands.map((command) => <Row key={command.name} command={command} recording={wanted === command} why={why} onRecord={() => record(command)} onReset={() => rebind(ui, command, null)} />)}
          </section>
        ))}
      </div>
    </>
  );
}
