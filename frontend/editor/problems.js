// Going from problem to problem, and what is told of how many there are.

export const errorsOf = (problems) => problems.filter((problem) => problem.severity !== "warning");

/** The problems are listed, and the canvas goes to the node of the next one. */
function step(by) {
  return (editor) => {
    const { problems, problemsOpen, problemAt = -1, compared } = editor.ui.state;
    if (compared) return;
    const count = problems.length;
    const first = by > 0 ? 0 : count - 1;
    const at = !count ? -1 : !problemsOpen || problemAt < 0 ? first : (problemAt + by + count) % count;
    const node = problems[at]?.node_id;
    editor.ui.set({ problemsOpen: true, history: false, problemAt: at, inspector: null });
    if (!node || !editor.model.node(node)) return;
    editor.select?.([node]);
    editor.bring(node);
  };
}

export const PROBLEM_COMMANDS = [
  { name: "next-problem", title: "Next problem", group: "Run", keys: ["F8"], inFields: true, run: step(1) },
  { name: "previous-problem", title: "Problem before", group: "Run", keys: ["Shift+F8"], inFields: true, run: step(-1) },
];
