// Everything that is wrong with the draft, each entry leading to its node.

import { memo } from "react";
import { Button } from "@radix-ui/themes";
import { Icon } from "../components/icons.jsx";
import { useEditor, useUi } from "./hooks.js";
import { dialogFor, UPDATABLE } from "./refit.js";

function Update({ problem }) {
  const { ui, draft } = useEditor();
  if (!UPDATABLE.has(problem.code) || !problem.node_id || !draft.canEdit) return null;
  return <Button className="qe-problem-update" size="1" variant="soft" data-testid={`update-${problem.node_id}`} onClick={() => ui.set({ dialog: dialogFor(problem), updating: problem.node_id })}>Update …</Button>;
}

export function ProblemRow({ problem, onClick, name, current }) {
  return (
    <>
      <button type="button" className="qe-problem" data-severity={problem.severity ?? "error"} aria-current={current || undefined} onClick={onClick} disabled={!onClick}>
        <Icon name={problem.severity === "warning" ? "triangle-alert" : "circle-alert"} size={15} />
        <span>
          {name && !problem.message.includes(name) && <b>{name}</b>}
          <span>{problem.message}</span>
          {problem.fix && <small>{problem.fix}</small>}
        </span>
      </button>
      <Update problem={problem} />
    </>
  );
}

export function ProblemList({ problems, onPick }) {
  const editor = useEditor();
  const at = useUi((ui) => ui.problemAt ?? -1);
  return problems.map((problem, i) => {
    const node = editor.model.node(problem.node_id);
    const go = node
      ? () => {
          onPick?.();
          editor.show(node.id);
        }
      : null;
    return <ProblemRow key={`${problem.place}:${problem.code}:${i}`} problem={problem} name={node?.name || (node && editor.kinds.get(node.kind)?.title)} onClick={go} current={i === at} />;
  });
}

export const ProblemsPanel = memo(function ProblemsPanel() {
  const { ui } = useEditor();
  const open = useUi((state) => state.problemsOpen);
  const problems = useUi((state) => state.problems);
  if (!open) return null;
  return (
    <section className="qe-panel qe-float" aria-label="Problems" data-testid="problems-panel">
      <header className="qe-panel-head">
        <h2>Problems</h2>
        <button type="button" className="qe-tool" aria-label="Close" onClick={() => ui.set({ problemsOpen: false })}><Icon name="x" /></button>
      </header>
      <div className="qe-panel-body qe-problem-list">
        {problems.length === 0 ? (
          <p className="qe-none">Nothing is wrong: this workflow can be published.</p>
        ) : (
          <ProblemList problems={problems} />
        )}
      </div>
    </section>
  );
});
