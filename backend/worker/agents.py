"""The team's agents as steps ask them, and the outcomes of those steps as evidence of what the agents can."""

from collections.abc import Sequence
from typing import Any

from pydantic import JsonValue
from sqlmodel import col, select

from backend.agents import asking, colleagues, evidence
from backend.agents.asking import Asked, Place
from backend.agents.evidence import Ended
from backend.agents.models import Agent, AgentStep
from backend.agents.proficiency import score_of
from backend.core import clock, db
from backend.core.db import Session
from backend.engine.ports import StepId
from backend.nodes.agent_profile import AgentProfile
from backend.nodes.colleague import Colleague
from backend.runs.models import Run, StepRecord
from backend.runs.schemas import TERMINAL
from backend.worker import looking
from backend.worker.forms import Form

LOOK_SECONDS = 2.0
AT_ONCE = 200
_STOPPED, _LIMITED = "cancelled", "limit"  # the code of an error, the port of who came to a limit


async def ask(team_id: str, run_id: str, step: StepId, name: str) -> Asked:
    """The agent of that name, as this run asked it first."""
    place = Place(run_id, step.node_id, step.path, step.visit)
    async with db.database().transaction() as session:
        return await asking.ask(session, team_id, place, name)


def _kept(found: Asked) -> JsonValue:
    return {
        "agent_id": found.agent_id,
        "version": found.version,
        "profile": found.profile.model_dump(mode="json"),
    }


def _read(kept: JsonValue) -> Asked:
    told: Any = kept
    return Asked(AgentProfile.model_validate(told["profile"]), told["agent_id"], told["version"])


FORM: Form[Asked] = (_kept, _read)


async def colleagues_of(team_id: str, names: Sequence[str]) -> list[Colleague]:
    """The agents that can be handed work."""
    async with db.database().reading() as session:
        return await colleagues.able(session, team_id, list(names))


def _told(found: list[Colleague]) -> JsonValue:
    return [one.model_dump(mode="json") for one in found]


def _heard(kept: JsonValue) -> list[Colleague]:
    told: Any = kept
    return [Colleague.model_validate(one) for one in told]


COLLEAGUES: Form[list[Colleague]] = (_told, _heard)


async def watch() -> None:
    """Until cancelled. Every worker looks; each step is taken by one."""
    await looking.every(LOOK_SECONDS, "the steps of agents", look)


async def look() -> int:
    """Count the outcomes of steps that are over, and let agents rest that have none left; how many steps that were."""
    async with db.database().reading() as session:
        if not await _anything(session):
            return 0
    counted = 0
    while True:
        async with db.database().transaction() as session:
            steps = await _over(session)
            for step, ended in steps:
                await evidence.count(session, step, ended)
            await _forget_unfinished(session)
            await evidence.settle(session)
        counted += len(steps)
        if len(steps) < AT_ONCE:
            return counted


async def _anything(session: Session) -> bool:
    """Whether a step is open or an agent still executes."""
    steps = select(AgentStep.run_id).where(col(AgentStep.counted_at).is_(None)).limit(1)
    agents = select(Agent.id).where(col(Agent.state) == "executing").limit(1)
    return any([(await session.exec(query)).first() for query in (steps, agents)])


async def _over(session: Session) -> list[tuple[AgentStep, Ended]]:
    """Steps that have ended and were not counted, each held by one worker; by agent, so that none wait crosswise."""
    query = (
        select(AgentStep, StepRecord)
        .join(
            StepRecord,
            (col(StepRecord.run_id) == AgentStep.run_id)
            & (col(StepRecord.node_id) == AgentStep.node_id)
            & (col(StepRecord.path) == AgentStep.path)
            & (col(StepRecord.visit) == AgentStep.visit),
        )
        .where(col(AgentStep.counted_at).is_(None))
        .order_by(col(AgentStep.agent_id), col(AgentStep.began_at))
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=AgentStep)
    )
    return [(step, _ended(record)) for step, record in (await session.exec(query)).all()]


def _ended(record: StepRecord) -> Ended:
    at = record.finished_at or clock.now()
    ms = (at - record.started_at).total_seconds() * 1000
    if record.error is None and record.status == "succeeded" and record.port != _LIMITED:
        return Ended("succeeded", score_of(record.output), ms, at)
    stopped = (record.error or {}).get("code") == _STOPPED
    return Ended("stopped" if stopped else "failed", None, ms, at)


async def _forget_unfinished(session: Session) -> None:
    """A step that never ended, in a run that is over, says nothing of the agent."""
    query = (
        select(AgentStep)
        .join(Run, col(Run.id) == AgentStep.run_id)
        .where(col(AgentStep.counted_at).is_(None), col(Run.status).in_(TERMINAL), ~_recorded())
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=AgentStep)
    )
    for step in (await session.exec(query)).all():
        step.counted_at, step.outcome = clock.now(), "stopped"
        session.add(step)
    await session.flush()


def _recorded() -> Any:
    return (
        select(StepRecord.run_id)
        .where(
            col(StepRecord.run_id) == AgentStep.run_id,
            col(StepRecord.node_id) == AgentStep.node_id,
            col(StepRecord.path) == AgentStep.path,
            col(StepRecord.visit) == AgentStep.visit,
        )
        .exists()
    )
