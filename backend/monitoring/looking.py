"""Whether an alarm's condition holds now: each kind is one function that answers with a sentence, or with nothing."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any

from sqlmodel import col, func, select

from backend.core import clock
from backend.core.db import Session
from backend.monitoring import spending
from backend.monitoring.models import AlarmRule
from backend.monitoring.overview import share
from backend.runs import asked, figures
from backend.runs.models import Run, RunEvent
from backend.runs.starting import EVALUATION

FEWEST = 5
"""A rate or a spike of fewer runs says nothing."""
PAST_DAYS = 7
MOST = 1000
_RUNS: Any = select(Run.status, Run.created_at, Run.started_at, Run.finished_at)
Look = Callable[[Session, AlarmRule], Awaitable[str]]


async def sentence(session: Session, rule: AlarmRule) -> str:
    """What is wrong; empty when nothing is."""
    return await _LOOKS[rule.kind](session, rule)


async def _consecutive(session: Session, rule: AlarmRule) -> str:
    wanted = max(int(rule.threshold), 1)
    query = _ended(rule).order_by(col(Run.finished_at).desc()).limit(wanted)
    last = await _all(session, query)
    if len(last) < wanted or any(run.status != "failed" for run in last):
        return ""
    return f"The last {wanted} runs failed."


async def _rate(session: Session, rule: AlarmRule) -> str:
    statuses = [run.status for run in await _all(session, _ended(rule, _since(rule)))]
    failed = statuses.count("failed")
    if len(statuses) < FEWEST or 100 * failed / len(statuses) < rule.threshold:
        return ""
    return f"{100 * failed / len(statuses):.0f} % of {len(statuses)} runs failed in {rule.minutes} minutes."


async def _count(session: Session, rule: AlarmRule) -> str:
    statuses = [run.status for run in await _all(session, _ended(rule, _since(rule)))]
    failed = statuses.count("failed")
    return f"{failed} runs failed in {rule.minutes} minutes." if failed >= rule.threshold else ""


async def _latency(session: Session, rule: AlarmRule) -> str:
    seconds = await _seconds(session, rule, _since(rule))
    slow = share(seconds, 0.95)
    if slow is None or slow < rule.threshold:
        return ""
    return f"5 % of {len(seconds)} runs took {slow:.1f} seconds or longer in {rule.minutes} minutes."


async def _spike(session: Session, rule: AlarmRule) -> str:
    since = _since(rule)
    now = await _seconds(session, rule, since)
    before = await _seconds(session, rule, since - timedelta(days=PAST_DAYS), since)
    if len(now) < FEWEST or len(before) < FEWEST or fmean(now) < rule.threshold * fmean(before):
        return ""
    return f"Runs take {fmean(now):.1f} seconds; in the {PAST_DAYS} days before it was {fmean(before):.1f}."


async def _dear(session: Session, rule: AlarmRule) -> str:
    """The dearest run that began in time."""
    costs = await _costs(session, rule)
    dearest = max(costs, key=lambda run_id: costs[run_id], default=None)
    if dearest is None or costs[dearest] < rule.threshold:
        return ""
    return f"The run {dearest} has cost ${costs[dearest]:,.2f}."


async def _budget(session: Session, rule: AlarmRule) -> str:
    total = sum((await _costs(session, rule)).values())
    if total < rule.threshold:
        return ""
    return f"Runs have cost ${total:,.2f} in {rule.minutes} minutes."


async def _costs(session: Session, rule: AlarmRule) -> dict[str, float]:
    """By run that began in time and asked a model that has a price, in dollars."""
    began = _mine(select(Run.id).where(col(Run.created_at) > _since(rule)), rule)
    run_ids = await _all(session, began.order_by(col(Run.id).desc()).limit(MOST))
    spent = await asked.spent(session, run_ids)
    return {run_id: one.cost for run_id, one in spent.items() if one.cost}


async def _idle(session: Session, rule: AlarmRule) -> str:
    since = max(clock.now() - timedelta(minutes=rule.threshold), rule.created_at)
    if clock.now() - since < timedelta(minutes=rule.threshold):
        return ""  # the alarm itself is younger
    began = _mine(select(func.count()).select_from(Run).where(col(Run.created_at) > since), rule)
    return "" if (await _all(session, began))[0] else f"No run has begun for {rule.threshold:g} minutes."


async def _no_worker(session: Session, rule: AlarmRule) -> str:
    """Told by a worker that has come to life: while none lives, only the pages and /health/deep can tell."""
    oldest = await figures.oldest_queued(session)
    return f"A run has waited for a worker for {oldest:.0f} seconds." if oldest > rule.threshold * 60 else ""


async def _deviated(session: Session, rule: AlarmRule) -> str:
    """Told of runs that go on, by the events of their histories."""
    query = select(func.count()).select_from(RunEvent).join(Run, col(Run.id) == RunEvent.run_id)
    query = query.where(col(RunEvent.kind) == "plan.deviated", col(RunEvent.at) > _since(rule))
    found = (await _all(session, _mine(query.where(col(RunEvent.team_id) == rule.team_id), rule)))[0]
    return (
        f"Runs left their plans {found} times in {rule.minutes} minutes." if found >= rule.threshold else ""
    )


async def _resting(session: Session, rule: AlarmRule) -> str:
    """By the circuit breakers of the team; one that waits for its next call has not answered yet."""
    found = [one for one in await spending.resting(rule.team_id) if one.of == "models"]
    if len(found) < max(rule.threshold, 1):
        return ""
    return " ".join(f"{one.provider} failed {one.failures} times in a row. {one.why}" for one in found)


_LOOKS: dict[str, Look] = {
    "consecutive_failures": _consecutive,
    "failure_rate": _rate,
    "error_count": _count,
    "latency": _latency,
    "latency_spike": _spike,
    "cost_per_run": _dear,
    "cost": _budget,
    "no_activity": _idle,
    "no_worker": _no_worker,
    "plan_deviations": _deviated,
    "providers_resting": _resting,
}


async def _all(session: Session, query: Any) -> list[Any]:
    return list((await session.exec(query)).all())  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] - columns of `_RUNS`


def _since(rule: AlarmRule) -> datetime:
    return clock.now() - timedelta(minutes=rule.minutes)


def _mine(query: Any, rule: AlarmRule) -> Any:
    query = query.where(col(Run.team_id) == rule.team_id, col(Run.trigger) != EVALUATION)
    return query.where(col(Run.workflow_id) == rule.workflow_id) if rule.workflow_id else query


def _ended(rule: AlarmRule, since: datetime | None = None) -> Any:
    query = _mine(_RUNS.where(col(Run.status).in_(("succeeded", "failed"))), rule)
    return query.where(col(Run.finished_at) > since).limit(MOST) if since else query


async def _seconds(
    session: Session, rule: AlarmRule, since: datetime, until: datetime | None = None
) -> list[float]:
    """Sorted durations of what succeeded."""
    query = _mine(_RUNS.where(col(Run.status) == "succeeded", col(Run.finished_at) > since), rule)
    if until:
        query = query.where(col(Run.finished_at) <= until)
    found = await _all(session, query.order_by(col(Run.id).desc()).limit(MOST))
    return sorted(
        (run.finished_at - (run.started_at or run.created_at)).total_seconds()
        for run in found
        if run.finished_at
    )
