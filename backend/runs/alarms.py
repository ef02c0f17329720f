"""What an operator should look at: no living worker, or runs that wait too long for one."""

from dataclasses import asdict, dataclass

from pydantic import BaseModel
from sqlmodel import col, func, select

from backend.core.db import Session
from backend.identity.principal import Principal
from backend.runs import figures
from backend.runs.models import Run

CODES = ("no_worker", "queue_old")
OLD_SECONDS = 60.0
"""A run that waits longer for a worker is an alarm."""


class Alarm(BaseModel):
    """Something is wrong with the installation, and what to do."""

    code: str
    message: str
    fix: str


class System(BaseModel):
    """How the installation stands; it tells nothing of any team."""

    workers: int
    live_runs: int
    queued: int
    oldest_queued_seconds: float
    alarms: list[Alarm]


@dataclass(frozen=True)
class Standing:
    """What alarms are made of."""

    workers: int
    live_runs: int
    queued: int
    oldest_queued_seconds: float


async def system(session: Session, by: Principal) -> System:
    """Everything, for whoever may see runs."""
    by.require("run.read")
    found = await standing(session)
    return System(**asdict(found), alarms=raised(found))


async def shown(session: Session, by: Principal) -> Alarm | None:
    """What pages with runs say: the gravest alarm, once a run waits because of it."""
    by.require("run.read")
    found = await standing(session)
    return next(iter(raised(found)), None) if found.queued else None


async def standing(session: Session) -> Standing:
    """Read from the few rows that wait and the few workers there are, so pages may ask often."""
    workers, live_runs = await figures.workers(session)
    queued = await session.exec(select(func.count()).select_from(Run).where(col(Run.status) == "queued"))
    return Standing(workers, live_runs, queued.one(), await figures.oldest_queued(session))


def raised(found: Standing) -> list[Alarm]:
    """The alarms of this moment, the gravest first."""
    if not found.workers:
        waiting = f"{found.queued} waiting" if found.queued else "new ones will wait"
        message = f"No worker is alive, so no run is played ({waiting})."
        return [Alarm(code="no_worker", message=message, fix="Start one: quadrille worker")]
    if found.oldest_queued_seconds > OLD_SECONDS:
        message = f"A run has waited for a worker for {found.oldest_queued_seconds:.0f} seconds."
        fix = "Start more workers (quadrille worker), or raise the limits of runs that are played at once."
        return [Alarm(code="queue_old", message=message, fix=fix)]
    return []
