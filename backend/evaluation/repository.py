"""All queries on evaluation; those for people are inside their team, those for workers are of all teams."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import and_, func, or_
from sqlmodel import col, delete, select

from backend.approvals.models import Approval, Decision
from backend.core.db import Session
from backend.evaluation.models import Evaluation, EvaluationCase, EvaluationResult, EvaluationSet
from backend.runs.models import Run, RunEvent
from backend.runs.schemas import TERMINAL
from backend.workflows.models import Version

Listed = tuple[Evaluation, str, int | None, str, int]
"""An evaluation, the name of its set, number and name of its version, and how many cases are done."""
Due = tuple[EvaluationResult, Run | None]
IN_FLIGHT = 8
"""So many runs of an evaluation at once."""
_RESTING = (*TERMINAL, "waiting_person", "waiting_event", "waiting_time")


async def set_(session: Session, team_id: str, set_id: str, *, hold: bool = False) -> EvaluationSet | None:
    """One set; held, nobody else changes its cases until the commit."""
    query = select(EvaluationSet).where(
        col(EvaluationSet.id) == set_id, col(EvaluationSet.team_id) == team_id
    )
    return (await session.exec(query.with_for_update() if hold else query)).first()


async def sets(session: Session, team_id: str, workflow_id: str) -> Sequence[tuple[EvaluationSet, int]]:
    """The sets of a workflow with how many cases each has, the oldest first."""
    counted = _count(EvaluationCase, col(EvaluationCase.set_id) == col(EvaluationSet.id), EvaluationSet)
    query: Any = select(EvaluationSet, counted)
    query = query.where(col(EvaluationSet.team_id) == team_id, col(EvaluationSet.workflow_id) == workflow_id)
    return await _all(session, query.order_by(col(EvaluationSet.id)))


def _count(table: Any, where: Any, of: Any) -> Any:
    return select(func.count()).select_from(table).where(where).correlate(of).scalar_subquery()


async def _all(session: Session, query: Any) -> Any:
    found: Any = await cast(Any, session).exec(query)
    return found.all()


async def cases(session: Session, set_id: str) -> Sequence[EvaluationCase]:
    """The cases of a set in their order."""
    query = select(EvaluationCase).where(col(EvaluationCase.set_id) == set_id)
    return (await session.exec(query.order_by(col(EvaluationCase.place), col(EvaluationCase.id)))).all()


async def case_(session: Session, set_id: str, case_id: str) -> EvaluationCase | None:
    """One case of a set."""
    query = select(EvaluationCase).where(
        col(EvaluationCase.set_id) == set_id, col(EvaluationCase.id) == case_id
    )
    return (await session.exec(query)).first()


async def forget_cases(session: Session, set_id: str) -> None:
    """Remove every case of a set."""
    await session.exec(delete(EvaluationCase).where(col(EvaluationCase.set_id) == set_id))


async def is_played(session: Session, set_id: str) -> bool:
    """True while an evaluation of the set goes on."""
    query = select(Evaluation.id).where(col(Evaluation.set_id) == set_id, col(Evaluation.status) == "running")
    return (await session.exec(query.limit(1))).first() is not None


async def forget_set(session: Session, set_id: str) -> None:
    """Remove a set with everything that came of it."""
    mine = select(Evaluation.id).where(col(Evaluation.set_id) == set_id)
    await session.exec(delete(EvaluationResult).where(col(EvaluationResult.evaluation_id).in_(mine)))
    await session.exec(delete(Evaluation).where(col(Evaluation.set_id) == set_id))
    await forget_cases(session, set_id)
    await session.exec(delete(EvaluationSet).where(col(EvaluationSet.id) == set_id))


def _listed() -> Any:
    over = and_(
        col(EvaluationResult.evaluation_id) == col(Evaluation.id), col(EvaluationResult.status) == "done"
    )
    columns: Any = (Version.number, Version.name, _count(EvaluationResult, over, Evaluation))
    query: Any = cast(Any, select)(Evaluation, EvaluationSet.name, *columns)
    query = query.join(EvaluationSet, col(EvaluationSet.id) == col(Evaluation.set_id))
    return query.join(Version, col(Version.id) == col(Evaluation.version_id))


async def evaluation(session: Session, team_id: str, evaluation_id: str) -> Listed | None:
    """One evaluation."""
    query = _listed().where(col(Evaluation.id) == evaluation_id, col(Evaluation.team_id) == team_id)
    return next(iter(await _all(session, query)), None)


async def evaluations(
    session: Session, workflow_id: str, set_id: str | None, before: str | None, limit: int
) -> Sequence[Listed]:
    """Of a workflow, or of one set of it, newest first; ids sort by time."""
    query = _listed().where(col(Evaluation.workflow_id) == workflow_id)
    if set_id:
        query = query.where(col(Evaluation.set_id) == set_id)
    if before:
        query = query.where(col(Evaluation.id) < before)
    return await _all(session, query.order_by(col(Evaluation.id).desc()).limit(limit))


async def results(session: Session, evaluation_id: str) -> Sequence[EvaluationResult]:
    """The cases of an evaluation in their order."""
    query = select(EvaluationResult).where(col(EvaluationResult.evaluation_id) == evaluation_id)
    return (await session.exec(query.order_by(col(EvaluationResult.place)))).all()


async def held(session: Session, evaluation_id: str) -> Evaluation | None:
    """The evaluation as it is now, held against every other writer until the commit."""
    query = select(Evaluation).where(col(Evaluation.id) == evaluation_id).with_for_update(key_share=True)
    return (await session.exec(query, execution_options={"populate_existing": True})).first()


async def result(session: Session, evaluation_id: str, place: int) -> Due | None:
    """One case with its run, as they are now."""
    query = (
        select(EvaluationResult, Run)
        .join(Run, col(Run.id) == col(EvaluationResult.played_run_id), isouter=True)
        .where(col(EvaluationResult.evaluation_id) == evaluation_id, col(EvaluationResult.place) == place)
    )
    found: Any = (await session.exec(query, execution_options={"populate_existing": True})).first()
    return found


def _is_due(now: datetime) -> Any:
    """Not begun yet where more may be under way, or at rest, or gone, or played for longer than its case allows."""
    result = EvaluationResult
    full = select(col(result.evaluation_id)).where(col(result.status) == "playing")
    full = full.group_by(col(result.evaluation_id)).having(func.count() >= IN_FLIGHT)
    rests = or_(col(Run.id).is_(None), col(Run.status).in_(_RESTING))
    may_begin = and_(col(result.status) == "open", col(result.evaluation_id).not_in(full))
    playing = and_(col(result.status) == "playing", or_(rests, col(result.too_long_at) <= now))
    return and_(col(result.look_at) <= now, or_(may_begin, playing))


async def anything_due(session: Session, now: datetime) -> bool:
    """True when a worker can do something."""
    query = (
        select(EvaluationResult.place)
        .join(Run, col(Run.id) == col(EvaluationResult.played_run_id), isouter=True)
        .where(_is_due(now))
    )
    return (await session.exec(query.limit(1))).first() is not None


async def due(session: Session, now: datetime, limit: int) -> Sequence[EvaluationResult]:
    """What a worker can go on with, what has waited longest first; each is taken by one."""
    query = (
        select(EvaluationResult)
        .join(Run, col(Run.id) == col(EvaluationResult.played_run_id), isouter=True)
        .where(_is_due(now))
        .order_by(
            col(EvaluationResult.look_at), col(EvaluationResult.evaluation_id), col(EvaluationResult.place)
        )
        .limit(limit)
        .with_for_update(skip_locked=True, of=EvaluationResult)
    )
    return (await session.exec(query)).all()


async def playing(session: Session, evaluation_id: str) -> int:
    """How many runs of an evaluation are under way."""
    query = select(func.count()).select_from(EvaluationResult)
    mine = (col(EvaluationResult.evaluation_id) == evaluation_id, col(EvaluationResult.status) == "playing")
    return (await session.exec(query.where(*mine))).one()


async def waited_for(session: Session, run_id: str) -> Sequence[str]:
    """The runs that steps of this one wait for: those that go on, and those whose end it has not been told."""
    live = or_(col(Run.status).not_in(TERMINAL), col(Run.parent_key).is_not(None))
    query = select(Run.id).where(col(Run.parent_run_id) == run_id, live)
    return (await session.exec(query)).all()


async def asked(session: Session, run_ids: Sequence[str]) -> Sequence[Approval]:
    """What these runs have asked people, in its order."""
    query = select(Approval).where(col(Approval.run_id).in_(run_ids)).order_by(col(Approval.id))
    return (await session.exec(query)).all()


async def decisions(session: Session, run_id: str) -> Sequence[Decision]:
    """How people have answered a run, in the order of its questions."""
    query = (
        select(Decision)
        .join(Approval, col(Approval.id) == col(Decision.approval_id))
        .where(col(Approval.run_id) == run_id, col(Decision.verdict).in_(("approved", "rejected")))
    )
    return (await session.exec(query.order_by(col(Approval.id)))).all()


async def emitted(session: Session, run_id: str) -> list[str]:
    """The topics of the events that a run emitted, in their order."""
    query: Any = cast(Any, select)(RunEvent.data).where(col(RunEvent.run_id) == run_id)
    query = query.where(col(RunEvent.kind) == "event.emitted").order_by(col(RunEvent.seq))
    return [str(data.get("topic", "")) for data in await _all(session, query)]
