"""The same done to many runs, each in a transaction of its own: one that refuses does not hold up the others."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from backend.core import db
from backend.core.db import Session
from backend.core.errors import QuadrilleError
from backend.core.plain_text import PlainText
from backend.identity import audit
from backend.identity.principal import Principal
from backend.runs import forking, repairing, service, tags
from backend.runs.fork_schemas import RetryRun
from backend.runs.repair_schemas import RepairPlan, RepairRun
from backend.runs.schemas import RunPublic
from backend.runs.tags import Tag

Action = Literal["cancel", "pause", "resume", "retry", "again", "tag", "untag", "repair"]
MOST = 200
RunId = Annotated[PlainText, Field(max_length=100)]


class ActOnMany(BaseModel):
    """`retry` goes on from what failed, `again` begins anew; both make new runs. `tag` and `untag` need a `tag`.

    `repair` does the same to each of many paused runs, and needs `repair`, which says what; a dry run tells what it
    would do to each.
    """

    model_config = ConfigDict(extra="forbid")
    action: Action
    run_ids: list[RunId] = Field(min_length=1, max_length=MOST)
    tag: Tag | None = None
    repair: RepairRun | None = None

    @model_validator(mode="after")
    def _with_what_it_needs(self) -> Self:
        if (self.repair is not None) != (self.action == "repair"):
            raise ValueError("`repair` goes with the action `repair`, and with nothing else")
        if (self.tag is not None) != (self.action in ("tag", "untag")):
            raise ValueError("`tag` goes with `tag` and `untag`, and with nothing else")
        return self


class Acted(BaseModel):
    """What became of one of them."""

    run_id: str
    done: bool
    new_run_id: str | None = None
    message: str = ""


class BulkReport(BaseModel):
    """One entry for each run, in the order of the request."""

    items: list[Acted]
    done: int
    refused: int


async def act(by: Principal, wanted: ActOnMany) -> BulkReport:
    """Do it to each, once, and tell what became of each; the audit trail has one entry for all."""
    by.require("run.start" if wanted.action in ("retry", "again") else "run.steer")
    items = [await _one(by, wanted, run_id) for run_id in dict.fromkeys(wanted.run_ids)]
    report = BulkReport(
        items=items, done=sum(one.done for one in items), refused=sum(not one.done for one in items)
    )
    async with db.database().transaction() as session:
        counts = {"done": report.done, "refused": report.refused, "tag": wanted.tag}
        await audit.record(session, by, f"runs.{wanted.action}", details=counts)
    return report


async def _one(by: Principal, wanted: ActOnMany, run_id: str) -> Acted:
    try:
        async with db.database().transaction() as session:
            made, message = await _done(session, by, wanted, run_id)
    except QuadrilleError as error:
        return Acted(run_id=run_id, done=False, message=error.message)
    return Acted(run_id=run_id, done=True, new_run_id=made, message=message)


async def _done(session: Session, by: Principal, wanted: ActOnMany, run_id: str) -> tuple[str | None, str]:
    """The id of a new run, and what there is to say."""
    if wanted.tag is not None:
        await tags.change(session, by, run_id, wanted.tag, on=wanted.action == "tag")
    elif wanted.repair is not None:
        found = await repairing.repair(session, by, run_id, wanted.repair)
        return None, found.statement if isinstance(found, RepairPlan) else ""
    else:
        return await _VERBS[wanted.action](session, by, run_id), ""
    return None, ""


async def _cancel(session: Session, by: Principal, run_id: str) -> str | None:
    await service.cancel(session, by, run_id)
    return None


async def _pause(session: Session, by: Principal, run_id: str) -> str | None:
    await service.pause(session, by, run_id)
    return None


async def _resume(session: Session, by: Principal, run_id: str) -> str | None:
    await service.resume(session, by, run_id)
    return None


async def _retry(session: Session, by: Principal, run_id: str) -> str | None:
    return _id(await forking.retry(session, by, run_id, RetryRun()))


async def _again(session: Session, by: Principal, run_id: str) -> str | None:
    return _id(await forking.retry(session, by, run_id, RetryRun(from_start=True)))


def _id(made: object) -> str | None:
    return made.id if isinstance(made, RunPublic) else None


_VERBS: dict[Action, Callable[[Session, Principal, str], Awaitable[str | None]]] = {
    "cancel": _cancel,
    "pause": _pause,
    "resume": _resume,
    "retry": _retry,
    "again": _again,
}
