"""Tells people what concerns them, once a cause, and remembers what they have read."""

from collections.abc import Iterable
from datetime import timedelta

from backend.core import clock, ids, once
from backend.core.db import Session
from backend.core.errors import Invalid, Problem
from backend.identity.principal import Principal
from backend.notifications import repository
from backend.notifications.models import Notification
from backend.notifications.schemas import (
    MAX_TEXT,
    MAX_TITLE,
    Notice,
    NotificationPage,
    NotificationPublic,
)

MAX_PAGE = 200
KEPT = timedelta(days=90)


async def tell(
    session: Session, team_id: str, account_ids: Iterable[str], notice: Notice
) -> list[Notification]:
    """Write the notice for each person who has not been told of its cause; the rows that are new.

    Part of the caller's transaction: who is told, is told of something that stands.
    """
    written: list[Notification] = []
    for account_id in sorted(set(account_ids)):
        row = Notification(
            id=ids.new("ntf"),
            team_id=team_id,
            account_id=account_id,
            kind=notice.kind,
            about=notice.about,
            title=shortened(notice.title, MAX_TITLE),
            text=shortened(notice.text, MAX_TEXT),
            link=notice.link,
            created_at=clock.now(),
        )
        if await once.insert(session, row, unique=("team_id", "account_id", "about")):
            written.append(row)
            await repository.forget(session, team_id, account_id, clock.now() - KEPT)
    return written


async def over(session: Session, team_id: str, about: str) -> None:
    """The cause is dealt with: nobody needs to look at it any more."""
    await repository.mark_read_about(session, team_id, about, clock.now())


async def page(
    session: Session, by: Principal, *, unread: bool = False, cursor: str | None = None, limit: int = 50
) -> NotificationPage:
    """What the caller was told, newest first."""
    if cursor and not cursor.startswith("ntf_"):
        problem = Problem(
            "The cursor is not one that a page gave.", "cursor", "Use `next_cursor` as it came."
        )
        raise Invalid(problem.message, problems=[problem])
    limit = min(max(limit, 1), MAX_PAGE)
    rows = await repository.page(
        session, by.team_id, by.account_id, unread=unread, before=cursor, limit=limit + 1
    )
    shown = [NotificationPublic.model_validate(row, from_attributes=True) for row in rows[:limit]]
    return NotificationPage(
        items=shown,
        unread_count=await unread_count(session, by),
        next_cursor=shown[-1].id if len(rows) > limit else None,
    )


async def unread_count(session: Session, by: Principal) -> int:
    """How many the caller has not read."""
    return await repository.unread_count(session, by.team_id, by.account_id)


async def read(session: Session, by: Principal, wanted: list[str] | None = None) -> int:
    """Mark these of the caller's, or all, as read; how many are left. Ids of others change nothing."""
    await repository.mark_read(session, by.team_id, by.account_id, wanted, clock.now())
    return await unread_count(session, by)


def shortened(text: str, most: int) -> str:
    """At most so many characters, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
