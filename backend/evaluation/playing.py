"""How an evaluation goes on: cases are begun as ordinary runs, their questions answered, their ends scored.

Everything that is known stands in the database; a worker that dies is replaced by any other.
"""

from datetime import timedelta

from backend.approvals import service as approvals
from backend.approvals.models import Approval
from backend.core import clock, db, log
from backend.core.db import Session
from backend.core.errors import Invalid, Outage, QuadrilleError
from backend.evaluation import repository, scoring, seeing
from backend.evaluation.acting import operator, starter
from backend.evaluation.models import Evaluation, EvaluationResult
from backend.evaluation.schemas import CaseWish, Ended
from backend.evaluation.scoring import Verdict
from backend.evaluation.seeing import Scope
from backend.evaluation.world import TeamWorld
from backend.runs import service as runs
from backend.runs import starting
from backend.runs.models import Run
from backend.runs.schemas import TERMINAL

AT_ONCE = 20
HELD = timedelta(seconds=60)
AGAIN = timedelta(seconds=1)
_SEEN = "The evaluation has seen what it waits for."
_LATE = "It took longer than its case allows."
_log = log.get(__name__)


async def take() -> list[tuple[str, int]]:
    """What this worker goes on with now; others leave it alone for a while."""
    now = clock.now()
    async with db.database().reading() as session:
        if not await repository.anything_due(session, now):
            return []
    async with db.database().transaction() as session:
        due = await repository.due(session, now, AT_ONCE)
        for result in due:
            result.look_at = now + HELD
            session.add(result)
        return [(result.evaluation_id, result.place) for result in due]


async def go_on(evaluation_id: str, place: int) -> None:
    """Begin this case, or see how far it is; where its run rests, score it."""
    async with db.database().transaction() as session:
        evaluation = await repository.held(session, evaluation_id)
        found = await repository.result(session, evaluation_id, place)
        if evaluation is None or evaluation.status != "running" or found is None:
            return
        result, run = found
        if result.status == "open":
            ended = await _begin(session, evaluation, result)
        else:
            ended = await _look(session, evaluation, result, run)
        session.add(result)
    if ended is not None:
        await _score(evaluation, result, ended)


async def _begin(session: Session, evaluation: Evaluation, result: EvaluationResult) -> Ended | None:
    if await repository.playing(session, evaluation.id) >= repository.IN_FLIGHT:
        result.look_at = clock.now() + AGAIN
        return None
    wish = CaseWish.model_validate(result.wish)
    try:
        async with db.part(session):
            run = await starting.start(
                session,
                await starter(session, evaluation),
                workflow_id=evaluation.workflow_id,
                input=wish.input,
                version=evaluation.version_id,
                idempotency_key=f"evaluation:{evaluation.id}:{result.place}",
                trigger=starting.EVALUATION,
                priority="low",
            )
    except Outage:
        result.look_at = clock.now() + AGAIN
        return None
    except QuadrilleError as error:
        result.reason = f"{error.message} {error.fix}".strip()
        return "refused" if isinstance(error, Invalid) else "cancelled"
    now = clock.now()
    result.status, result.played_run_id = "playing", run.id
    result.look_at, result.too_long_at = now, now + timedelta(seconds=wish.within)
    return None


async def _look(
    session: Session, evaluation: Evaluation, result: EvaluationResult, run: Run | None
) -> Ended | None:
    if run is None:
        result.reason = "Its run was removed."
        return "cancelled"
    if run.status in TERMINAL:
        return _ENDS[run.status]
    family = await _family(session, run)
    if open_ := await _questions(session, family):
        return await _answer(session, evaluation, result, open_[0])
    result.look_at = clock.now() + AGAIN
    return _waited(result, for_event=run.status == "waiting_event" and len(family) == 1)


def _waited(result: EvaluationResult, *, for_event: bool) -> Ended | None:
    """An event may still come from another run, unless the case says that it waits for it."""
    if for_event and result.wish["ends"] == "waiting":
        return "waiting"
    if result.too_long_at is None or result.too_long_at > clock.now():
        return None
    result.reason = _LATE
    return "waiting" if for_event else "too long"


_ENDS: dict[str, Ended] = {"succeeded": "succeeded", "failed": "failed", "cancelled": "cancelled"}


async def _family(session: Session, run: Run) -> list[str]:
    """The run, and those that its steps wait for."""
    found, more = [run.id], [run.id]
    while more:
        children = await repository.waited_for(session, more.pop())
        found += children
        more += children
    return found


async def _questions(session: Session, run_ids: list[str]) -> list[Approval]:
    return [one for one in await repository.asked(session, run_ids) if one.status == "open"]


async def _answer(
    session: Session, evaluation: Evaluation, result: EvaluationResult, asked: Approval
) -> Ended | None:
    """As the case says; where it says nothing more, or whoever began the evaluation may not, the run waits."""
    answers = CaseWish.model_validate(result.wish).answers
    if result.answered >= len(answers):
        return "waiting"
    answer = answers[result.answered]
    try:
        async with db.part(session):
            await approvals.decide(
                session,
                await starter(session, evaluation),
                asked.id,
                verdict=answer.verdict,
                arguments_hash=asked.arguments_hash,
                values=answer.values,
                comment=answer.comment,
            )
    except QuadrilleError as error:
        result.reason = f"The answer to “{asked.title}” was refused: {error.message}"
        return "waiting"
    result.answered += 1
    result.look_at = clock.now()
    return None


async def _score(evaluation: Evaluation, result: EvaluationResult, ended: Ended) -> None:
    """Outside of any transaction: a judge takes its time."""
    by, wish = operator(evaluation), CaseWish.model_validate(result.wish)
    async with db.database().reading() as session:
        run_id = result.played_run_id if await _is_there(session, result) else None
        scope = await seeing.scope(session, by, wish, run_id, ended)
    try:
        world = TeamWorld(evaluation.team_id)
        verdict = await scoring.verdict(wish.ends, ended, result.checks, scope, world)
    except Outage as error:
        _log.warning("a case cannot be scored yet", evaluation=evaluation.id, error=error.message)
        return  # it is due again when nobody holds it any more
    async with db.database().transaction() as session:
        await _keep(session, result, ended, verdict, scope)


async def _is_there(session: Session, result: EvaluationResult) -> bool:
    found = await repository.result(session, result.evaluation_id, result.place)
    return found is not None and found[1] is not None


async def _keep(
    session: Session, scored: EvaluationResult, ended: Ended, verdict: Verdict, scope: Scope
) -> None:
    """Write it, end what waits, and where this was the last case, the evaluation."""
    evaluation = await repository.held(session, scored.evaluation_id)
    found = await repository.result(session, scored.evaluation_id, scored.place)
    if evaluation is None or evaluation.status != "running" or found is None or found[0].status == "done":
        return
    result, run = found
    told = scope["run"]
    spent = told if isinstance(told, dict) else {}
    result.sqlmodel_update(
        {
            "status": "done",
            "ended": ended,
            "score": verdict.score,
            "passed": verdict.passed,
            "scores": [one.model_dump() for one in verdict.scores],
            "reason": f"{verdict.reason} {result.reason}".strip(),
            "seconds": spent.get("seconds"),
            "tokens": spent.get("tokens") or 0,
            "cost": spent.get("cost"),
        }
    )
    session.add(result)
    if run is not None and run.status not in TERMINAL:
        await runs.cancel(session, operator(evaluation), run.id, _LATE if ended == "too long" else _SEEN)
    await session.flush()
    await _end(session, evaluation)


async def _end(session: Session, evaluation: Evaluation) -> None:
    rows = await repository.results(session, evaluation.id)
    done = [row for row in rows if row.status == "done"]
    evaluation.passed = sum(bool(row.passed) for row in done)
    if len(done) == len(rows):
        evaluation.status, evaluation.finished_at = "done", clock.now()
        evaluation.score = round(sum(row.score or 0 for row in rows) / len(rows), 4)
    session.add(evaluation)
