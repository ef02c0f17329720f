"""Filters of the list of runs that somebody keeps under a name, for themselves or for the whole team."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import or_
from sqlmodel import col, select

from backend.core import clock, ids
from backend.core.db import Session
from backend.core.errors import Invalid, NotFound
from backend.core.plain_text import PlainText
from backend.identity.principal import Principal
from backend.runs.models import RunView

MOST = 30
"""So many one person keeps."""

Name = Annotated[PlainText, Field(min_length=1, max_length=40)]


class KeepView(BaseModel):
    """A filter to keep; one of the same name is replaced. `query` is what stands behind the `?` of the page's address."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    query: PlainText = Field(max_length=600, pattern=r"^[A-Za-z0-9_.~%&=+:-]*$")
    shared: bool = Field(default=False, description="The whole team sees it.")


class ViewPublic(KeepView):
    """A filter that is kept."""

    id: str
    mine: bool


class ViewPage(BaseModel):
    """All that this person sees; there is no next page."""

    items: list[ViewPublic]
    next_cursor: str | None = None


async def list_(session: Session, by: Principal) -> list[ViewPublic]:
    """One's own, and those that others share, by name."""
    by.require("run.read")
    own = col(RunView.account_id) == by.account_id
    query = select(RunView).where(col(RunView.team_id) == by.team_id, or_(own, col(RunView.shared)))
    return [_public(by, row) for row in (await session.exec(query.order_by(col(RunView.name)))).all()]


async def keep(session: Session, by: Principal, wanted: KeepView) -> ViewPublic:
    """Keep it under its name."""
    by.require("run.read")
    own = [row for row in await _own(session, by) if row.name == wanted.name]
    if not own and len(await _own(session, by)) >= MOST:
        raise Invalid(f"You keep {MOST} views already.", fix="Forget one that you no longer need.")
    row = own[0] if own else RunView(
        id=ids.new("view"),
        team_id=by.team_id,
        account_id=by.account_id,
        name=wanted.name,
        query=wanted.query,
        created_at=clock.now(),
    )  # fmt: skip
    row.query, row.shared = wanted.query, wanted.shared
    session.add(row)
    await session.flush()
    return _public(by, row)


async def drop(session: Session, by: Principal, view_id: str) -> None:
    """Forget one of one's own."""
    by.require("run.read")
    found = [row for row in await _own(session, by) if row.id == view_id]
    if not found:
        raise NotFound("There is no such view of yours.", fix="Only who keeps a view can forget it.")
    await session.delete(found[0])


async def _own(session: Session, by: Principal) -> list[RunView]:
    query = select(RunView).where(
        col(RunView.team_id) == by.team_id, col(RunView.account_id) == by.account_id
    )
    return list((await session.exec(query)).all())


def _public(by: Principal, row: RunView) -> ViewPublic:
    return ViewPublic(
        id=row.id,
        name=row.name,
        query=row.query,
        shared=row.shared,
        mine=row.account_id == by.account_id,
    )
