// A proposed diagram in the place of the draft: every change with a tick, and nothing is taken over before "Accept".

import { memo, useCallback, useMemo, useState } from "react";
import { Button } from "@radix-ui/themes";
import { Icon } from "../components/icons.jsx";
import { ChangeList } from "./ChangeList.jsx";
import { CompareCanvas } from "./CompareCanvas.jsx";
import { useWalk } from "./CompareStage.jsx";
import { describe } from "./describing.js";
import { leave } from "./history.js";
import { useEditor, useUi } from "./hooks.js";
import { accept, keyOf, needs, ticked } from "./proposal.js";
import { unitedFlow } from "./united.js";

const FROM = { rules: "by rules, offline", templates: "from a template, offline", plan: "from a plan" };

function Told({ proposal }) {
  const wrong = proposal.problems.filter((problem) => problem.severity === "error");
  return (
    <div className="qe-proposal-told">
      <p data-testid="proposal-told">{proposal.told}</p>
      {wrong.length > 0 && (
        <ul aria-label="Still wrong with it">
          {wrong.map((problem, i) => <li key={i}><Icon name="circle-alert" size={14} />{problem.message}</li>)}
        </ul>
      )}
    </div>
  );
}

function Head({ proposal, chosen }) {
  const editor = useEditor();
  const take = () => {
    const count = accept(editor, proposal, chosen);
    leave(editor);
    editor.ui.hint(`${count === 1 ? "One change is" : `${count} changes are`} in the draft. One undo takes all of it back.`, "success");
  };
  const again = () => {
    leave(editor);
    describe(editor, proposal.wanted.failure, proposal.wanted.sentence);
  };
  return (
    <header className="qe-compare-head qe-float">
      <strong>Proposal</strong>
      <span className="qe-muted qc-clip">{proposal.model || FROM[proposal.source]}</span>
      <span className="qe-space" />
      {proposal.plan_id ? (
        <Button asChild size="1" variant="soft" color="gray"><a href={`/plans/${proposal.plan_id}`}>Back to the plan</a></Button>
      ) : (
        <Button size="1" variant="soft" color="gray" onClick={again}>Say it differently</Button>
      )}
      <Button size="1" variant="soft" color="gray" data-testid="proposal-discard" onClick={() => leave(editor)}>Discard</Button>
      <Button size="1" data-testid="proposal-accept" disabled={!chosen.size || !editor.draft.canEdit} onClick={take}>Accept {chosen.size === proposal.changes.length ? "all" : chosen.size}</Button>
    </header>
  );
}

function useChosen(proposal, kinds) {
  const needed = useMemo(() => needs(proposal.changes, proposal.after, kinds), [proposal, kinds]);
  const [chosen, setChosen] = useState(() => new Set(proposal.changes.map(keyOf)));
  const tick = useCallback((change, on) => setChosen((old) => ticked(old, keyOf(change), on, needed)), [needed]);
  const tickAll = (on) => setChosen(new Set(on ? proposal.changes.map(keyOf) : []));
  return { chosen, tick, tickAll };
}

export default memo(function ProposalStage() {
  const editor = useEditor();
  const { proposal } = useUi((ui) => ui.compared);
  const { chosen, tick, tickAll } = useChosen(proposal, editor.kinds);
  const kindById = useMemo(() => new Map([...proposal.before.nodes, ...proposal.after.nodes].map((node) => [node.id, node.kind])), [proposal]);
  const changes = useMemo(() => proposal.changes.map((change) => (change.what === "node" ? { ...change, kind: kindById.get(change.id) } : change)), [proposal, kindById]);
  const [at, setAt] = useWalk(editor, changes);
  const flow = useMemo(() => unitedFlow({ ...proposal, changes: proposal.changes.map((change) => (chosen.has(keyOf(change)) ? change : { ...change, how: "left" })) }, editor.kinds, true), [proposal, chosen, editor.kinds]);
  const onNode = useCallback((id) => setAt(changes.findIndex((change) => change.what === "node" && change.id === id)), [changes, setAt]);
  const ticks = useMemo(() => ({ has: (change) => chosen.has(keyOf(change)), tick }), [chosen, tick]);
  return (
    <div className="qe-stage qe-compare" data-testid="proposal">
      <Head proposal={proposal} chosen={chosen} />
      <CompareCanvas flow={flow} change={changes[at] ?? null} onNode={onNode} />
      <aside className="qe-panel qe-float qe-compare-side" aria-label="What is proposed">
        <Told proposal={proposal} />
        <header className="qe-panel-head">
          <label className="qe-tick-all">
            <input type="checkbox" aria-label="All changes" checked={chosen.size === changes.length} onChange={(event) => tickAll(event.target.checked)} />
            <h2 data-testid="proposal-count">{chosen.size} of {changes.length} changes</h2>
          </label>
        </header>
        <div className="qe-panel-body"><ChangeList changes={changes} at={at} onChoose={setAt} ticks={ticks} /></div>
      </aside>
    </div>
  );
});
