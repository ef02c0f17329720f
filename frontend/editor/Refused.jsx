// Why the server did not do what was asked, what would help, and the problems, each leading to its node.

import { ProblemList } from "./Problems.jsx";

export function Refused({ problem, close }) {
  if (!problem) return null;
  return (
    <div className="qe-refused" role="alert">
      <strong>{problem.message}</strong>
      {problem.fix && <small>{problem.fix}</small>}
      <ProblemList problems={problem.problems ?? []} onPick={close} />
    </div>
  );
}
