// Which node undoes this one when its saga fails, and what that node undoes; chosen among the unwired nodes beside it.

import { Select } from "@radix-ui/themes";
import { kindOf } from "../components/flow.js";
import { useEditor, useModel, useUi } from "./hooks.js";

const NONE = "\u0000none"; // Radix refuses an empty value
const NOTHING_TO_UNDO = new Set(["start", "end", "exit", "note", "state"]);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function inSaga(model, kinds, node) {
  let at = model.node(node.parent);
  for (let depth = 0; at && depth < 20; depth += 1, at = model.node(at.parent)) if (kinds.get(at.kind)?.role === "saga") return true;
  return false;
}

/** What may undo a node: a step of the same body that has no wires and undoes nothing else. */
function choices(model, kinds, node) {
  const free = (one) =>
    one.id !== node.id && kinds.get(one.kind)?.role === "step" && !one.compensate_with && !model.wiresOf(one.id).length && [undefined, node.id].includes(model.undone.get(one.id));
  return model.children(node.parent ?? null).filter(free).map((one) => [one.id, one.name || kinds.get(one.kind).title]);
}

const counted = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

function manner({ retry, timeout_seconds: limit }) {
  const tries = retry?.max_attempts ?? 1;
  return [counted(tries, "attempt"), limit ? `at most ${counted(limit, "second")}` : "no time limit"].join(", ");
}

export function UndoneBy({ node, kind }) {
  const editor = useEditor();
  const { edits, draft, kinds } = editor;
  const undoes = useModel((model) => model.node(model.undone.get(node.id)) ?? null);
  const offered = useModel((model) => (inSaga(model, kinds, node) ? choices(model, kinds, node) : null), same);
  const undo = useModel((model) => model.node(node.compensate_with) ?? null);
  const wrong = useUi((ui) => ui.problems.filter((one) => one.place === `nodes.${node.id}.compensate_with` && one.severity !== "warning").map((one) => one.message), same);
  const titled = (one) => one.name || kindOf(kinds, one.kind).title;
  if (undoes) return <Link words={`This node undoes “${titled(undoes)}”: it is played only when the saga fails or the run is cancelled.`} title={titled(undoes)} onClick={() => editor.show(undoes.id)} />;
  if ((!offered && !node.compensate_with) || NOTHING_TO_UNDO.has(kind?.role)) return null;
  const known = offered ?? [];
  const missing = node.compensate_with && !known.some(([id]) => id === node.compensate_with);
  return (
    <div className="qe-field" data-field="compensate_with" data-wrong={wrong.length ? true : undefined}>
      <div className="qe-label"><label htmlFor="common-compensate_with">Undone by</label></div>
      <Select.Root value={node.compensate_with ?? NONE} disabled={!draft.canEdit} onValueChange={(id) => edits.set(node.id, "compensate_with", id === NONE ? undefined : id)}>
        <Select.Trigger id="common-compensate_with" data-testid="undone-by" className="qe-wide" />
        <Select.Content>
          <Select.Item value={NONE}>Nothing: it stays done</Select.Item>
          {known.map(([id, name]) => <Select.Item key={id} value={id}>{name}</Select.Item>)}
          {missing && <Select.Item value={node.compensate_with}>{undo ? titled(undo) : node.compensate_with}</Select.Item>}
        </Select.Content>
      </Select.Root>
      {wrong.map((words) => <div key={words} className="qe-wrong">{words}</div>)}
      {undo && <Link words={`Tried by itself: ${manner(undo)}.`} title={titled(undo)} onClick={() => editor.show(undo.id)} />}
      {!undo && !known.length && <div className="qe-other">Put the node that undoes this one beside it in the saga, without wires, and choose it here.</div>}
    </div>
  );
}

function Link({ words, title, onClick }) {
  return <div className="qe-other">{words} <button type="button" className="qe-link" onClick={onClick}>Open {title}</button></div>;
}
