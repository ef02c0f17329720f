"""The figures of the overview page: cheap enough to be asked every few seconds."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from redis.exceptions import RedisError
from sqlmodel import col, func, select

from backend.approvals import service as approvals
from backend.core import clock
from backend.core.db import Session
from backend.dead_letters import repository as letters
from backend.identity.principal import Principal
from backend.inference import workers as inference
from backend.monitoring import spending
from backend.monitoring.schemas import Device, Hour, Overview
from backend.outgoing import service as outgoing
from backend.runs import alarms
from backend.runs.models import Run
from backend.runs.schemas import TERMINAL
from backend.runs.starting import EVALUATION

HOURS = 24
MOST_DURATIONS = 2000


async def overview(session: Session, by: Principal) -> Overview:
    """How everything stands."""
    by.require("run.read")
    now = clock.now()
    standing = await _standing(session, by.team_id)
    ended = await _ended(session, by.team_id, now)
    done = Counter(status for status, _, _ in ended)
    seconds = sorted((finished - began).total_seconds() for s, began, finished in ended if s == "succeeded")
    decided = done["succeeded"] + done["failed"]
    cost, unknown = await spending.today(session, by.team_id)
    return Overview(
        running=standing["running"],
        waiting=sum(count for status, count in standing.items() if status.startswith("waiting")),
        queued=standing["queued"],
        paused=standing["paused"],
        succeeded=done["succeeded"],
        failed=done["failed"],
        success_rate=done["succeeded"] / decided if decided else None,
        p50_seconds=share(seconds, 0.5),
        p95_seconds=share(seconds, 0.95),
        counted=len(seconds),
        hours=_by_hour(ended, now),
        letters={str(k): v for k, v in (await letters.open_by_reason(session, by.team_id)).items()},
        open_approvals=await approvals.open_count(session, by),
        unsent=await outgoing.waiting(session),
        undelivered=[
            f"{one.address}: {one.error}" for one in await outgoing.undelivered(session, by.team_id)
        ],
        system=await alarms.system(session, by),
        cost_today=cost,
        cost_unknown=unknown,
        budget=await spending.budget(session, by.team_id),
        breakers=await spending.resting(by.team_id),
        devices=await devices(),
    )


def share(values: list[float], part: float) -> float | None:
    """The value below which this part of the sorted values lies."""
    return values[min(int(len(values) * part), len(values) - 1)] if values else None


async def devices() -> list[Device] | None:
    """The living inference workers; None while Redis does not answer."""
    try:
        found = await inference.living()
    except (RedisError, OSError):
        return None
    return [
        Device(
            worker=one.worker,
            model=one.model,
            precision=one.precision,
            waiting=one.waiting,
            texts=one.texts,
            tokens_per_second=one.tokens / one.infer_seconds if one.infer_seconds else 0.0,
            memory_bytes=one.rss_bytes,
        )
        for one in found
    ]


async def _standing(session: Session, team_id: str) -> Counter[str]:
    count: Any = func.count()
    query = select(Run.status, count).where(col(Run.team_id) == team_id, col(Run.status).not_in(TERMINAL))
    return Counter(dict((await session.exec(query.group_by(Run.status))).all()))


async def _ended(session: Session, team_id: str, now: datetime) -> list[tuple[str, datetime, datetime]]:
    """What began and ended in the last day, the newest first, with its moments."""
    query = (
        select(Run.status, func.coalesce(Run.started_at, Run.created_at), Run.finished_at)
        .where(
            col(Run.team_id) == team_id,
            col(Run.finished_at) > now - timedelta(hours=HOURS),
            col(Run.status).in_(TERMINAL),
            col(Run.trigger) != EVALUATION,
        )
        .order_by(col(Run.id).desc())
        .limit(MOST_DURATIONS)
    )
    found: Any = (await session.exec(query)).all()
    return [(status, began, finished) for status, began, finished in found]


def _by_hour(ended: list[tuple[str, datetime, datetime]], now: datetime) -> list[Hour]:
    last = now.replace(minute=0, second=0, microsecond=0)
    hours = {last - timedelta(hours=n): Counter[str]() for n in reversed(range(HOURS))}
    for status, _, finished in ended:
        hour = finished.replace(minute=0, second=0, microsecond=0)
        if hour in hours:
            hours[hour][status] += 1
    return [
        Hour(at=at, succeeded=c["succeeded"], failed=c["failed"], cancelled=c["cancelled"])
        for at, c in hours.items()
    ]
