// What a saga has undone, is undoing, and could not undo: the outcome of a rollback, apart from that of the work.
import { causeOf } from "../components/live.js";
import { StateChip } from "../components/StateMark.jsx";

export function Rollback({ saga, names }) {
  const spoken = (ids) => ids.map((id) => names.get(id) ?? id).join(", ");
  const rows = saga.status === "compensating"
    ? [["Being undone, the last first", saga.nodes]]
    : [["Undone", saga.undone], ["Left as it is", saga.skipped], ["Not undone", saga.failed]];
  const shown = rows.filter(([, ids]) => ids?.length);
  return (
    <section className="qv-rollback" data-testid="rollback" data-status={saga.status}>
      <h3>Rollback of {names.get(saga.nodeId) ?? saga.nodeId}</h3>
      <StateChip state={saga.status} />
      {saga.error && <p>{causeOf(saga.error)}</p>}
      <dl className="qv-facts">
        {shown.map(([word, ids]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{spoken(ids)}</dd>
          </div>
        ))}
      </dl>
      {!shown.length && <p>Nothing had been done, so there was nothing to undo.</p>}
    </section>
  );
}
