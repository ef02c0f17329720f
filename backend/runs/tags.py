"""Words that people and programs put on runs: `urgent`, or a name and a value as in `customer=acme`."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete
from sqlmodel import col, select

from backend.core import once
from backend.core.db import Session
from backend.core.errors import Invalid
from backend.core.plain_text import PlainText
from backend.identity.principal import Principal
from backend.runs import service
from backend.runs.models import Run, RunTag

MOST = 20
MOST_SHOWN = 100
Tag = Annotated[PlainText, Field(pattern=r"^[^\s,][^,\n]{0,59}$", max_length=60)]


class Tags(BaseModel):
    """The tags of one run, in the order of the alphabet."""

    model_config = ConfigDict(extra="forbid")
    tags: list[Tag] = Field(max_length=MOST)


async def of_runs(session: Session, run_ids: Sequence[str]) -> dict[str, list[str]]:
    """By run, for who knows whose they are; those without are left out."""
    query = select(RunTag.run_id, RunTag.tag).where(col(RunTag.run_id).in_(run_ids))
    found: defaultdict[str, list[str]] = defaultdict(list)
    for run_id, tag in (await session.exec(query.order_by(col(RunTag.tag)))).all():
        found[run_id].append(tag)
    return dict(found)


async def get(session: Session, by: Principal, run_id: str) -> Tags:
    """The tags of a run."""
    run = await service.found(session, by, run_id)
    return Tags(tags=(await of_runs(session, [run.id])).get(run.id, []))


async def put(session: Session, by: Principal, run_id: str, wanted: Collection[str]) -> Tags:
    """These and no others."""
    by.require("run.steer")
    run = await service.found(session, by, run_id)
    _require_room(wanted)
    others = delete(RunTag).where(col(RunTag.run_id) == run.id, col(RunTag.tag).not_in(set(wanted)))
    await session.exec(others)
    for tag in sorted(set(wanted)):  # in one order, so that two who do this at once never wait for each other
        await _add(session, run, tag)
    return Tags(tags=sorted(set(wanted)))


async def change(session: Session, by: Principal, run_id: str, tag: str, *, on: bool) -> Tags:
    """One more, or one fewer; what others do to the other tags meanwhile stands."""
    by.require("run.steer")
    run = await service.found(session, by, run_id)
    if on:
        _require_room((await get(session, by, run_id)).tags, tag)
        await _add(session, run, tag)
    else:
        await session.exec(delete(RunTag).where(col(RunTag.run_id) == run.id, col(RunTag.tag) == tag))
    return await get(session, by, run_id)


def _require_room(have: Collection[str], tag: str = "") -> None:
    if len({*have, tag} - {""}) > MOST:
        raise Invalid(f"A run has at most {MOST} tags.", fix="Take one away first.")


async def _add(session: Session, run: Run, tag: str) -> None:
    """Somebody else may be adding the same: then theirs stands."""
    await once.insert(session, RunTag(run_id=run.id, tag=tag, team_id=run.team_id), unique=("run_id", "tag"))


async def known(session: Session, by: Principal) -> list[str]:
    """The tags that the team uses."""
    by.require("run.read")
    query = select(RunTag.tag).where(col(RunTag.team_id) == by.team_id).distinct()
    return list((await session.exec(query.order_by(col(RunTag.tag)).limit(MOST_SHOWN))).all())
