"""The dead letters of a team: written, looked at, and closed once each by whoever is first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from backend.approvals.service import AlreadyDecided
from backend.core import clock, ids
from backend.core.db import Session
from backend.core.errors import Conflict, Invalid, NotFound, Problem
from backend.dead_letters import compensations, events, open_sagas, repository, view
from backend.dead_letters.models import DeadLetter
from backend.dead_letters.repository import Wanted
from backend.dead_letters.schemas import (
    Edited,
    LetterDetail,
    LetterFilter,
    LetterPage,
    LetterPublic,
    Reason,
    Status,
)
from backend.identity import audit
from backend.identity.principal import Principal
from backend.runs import forking, redaction
from backend.runs import repository as runs
from backend.runs.fork_schemas import RetryRun
from backend.runs.models import Run
from backend.runs.schemas import RunPublic

MAX_PAGE = 200
Closed = Literal["redriven", "discarded"]


class AlreadyClosed(Conflict):
    """Somebody has done something else with the letter."""

    code, title = "already_closed", "No longer open"


async def write(
    session: Session, run: Run, reason: Reason, message: str, details: Mapping[str, Any]
) -> DeadLetter:
    """Put a run that is given up among the letters, in the transaction that ends it."""
    letter = DeadLetter(
        id=ids.new("dl"),
        team_id=run.team_id,
        run_id=run.id,
        reason=reason,
        message=message,
        details=dict(details),
        created_at=clock.now(),
    )
    session.add(letter)
    await session.flush()
    return letter


async def get(session: Session, by: Principal, letter_id: str) -> LetterDetail:
    """One letter with everything that is known, as far as the caller may see it."""
    by.require("run.read")
    row = await repository.get(session, by.team_id, letter_id)
    if row is None:
        raise _missing()
    run_id = row[0].run_id
    run = await runs.get(session, by.team_id, run_id) if run_id else None
    left = await open_sagas.of_run(session, run) if run else []
    return view.detail(by, row, left)


async def list_(
    session: Session, by: Principal, wanted: LetterFilter, *, cursor: str | None = None, limit: int = 50
) -> LetterPage:
    """A page of the team's letters, newest first, and how many are open."""
    by.require("run.read")
    if cursor and not cursor.startswith("dl_"):
        problem = Problem(
            "The cursor is not one that a page gave.", "cursor", "Use `next_cursor` as it came."
        )
        raise Invalid(problem.message, problems=[problem])
    limit = min(max(limit, 1), MAX_PAGE)
    rows = await repository.page(session, searched(by, wanted), cursor, limit + 1)
    shown = [view.public(by, row) for row in rows[:limit]]
    counted = await repository.open_by_reason(session, by.team_id)
    return LetterPage(
        items=shown,
        open_count=sum(counted.values()),
        open_by_reason=counted,  # pyright: ignore[reportArgumentType] - checked by pydantic
        next_cursor=shown[-1].id if len(rows) > limit else None,
    )


def searched(by: Principal, wanted: LetterFilter) -> Wanted:
    """What the caller looks for, and where they may look."""
    return Wanted(by.team_id, wanted, in_messages=not redaction.hides(by))


async def open_count(session: Session, by: Principal) -> int:
    """How many letters wait for somebody of the team."""
    by.require("run.read")
    return sum((await repository.open_by_reason(session, by.team_id)).values())


async def of_run(session: Session, by: Principal, run_id: str) -> LetterPublic | None:
    """The newest letter of a run, an open one before the others."""
    by.require("run.read")
    rows = await repository.page(session, Wanted(by.team_id, LetterFilter(run=run_id)), None, MAX_PAGE)
    first = next((row for row in rows if row[0].status == "open"), rows[0] if rows else None)
    return view.public(by, first) if first else None


async def redrive(
    session: Session,
    by: Principal,
    letter_id: str,
    version: str | None = None,
    *,
    edited: Edited = None,
    at: datetime | None = None,
) -> bool:
    """Go on with what was given up: a run in a new run from where it stopped, a compensation or an event by trying it anew.

    With an `edited` input the new run begins at its start. Not before `at` does a worker take it.

    Of several who ask one does it; False for those to whom it had been done before.
    """
    by.require("run.start")
    letter = await _to_close(session, by, letter_id, "redriven")
    if letter is None:
        return False
    made: str | None = None
    if letter.reason == "compensation":
        if edited:
            raise Invalid(
                "A compensation has no input of its own.", fix="Redrive it as it is, or discard it."
            )
        if not await _decided(session, by, letter, "retry", "Redriven from the dead letters."):
            return False
    elif letter.run_id is None:
        await events.try_again(session, by, letter, edited)
    else:
        given: dict[str, Any] = {"input": edited.value} if edited else {}
        found = await forking.retry(session, by, letter.run_id, RetryRun(version=version, **given))
        made = found.id if isinstance(found, RunPublic) else None
        if made and at:
            await runs.not_before(session, made, at)
    await _close(session, by, letter, "redriven", {"new_run_id": made})
    return True


async def discard(session: Session, by: Principal, letter_id: str, note: str) -> bool:
    """Close a letter for good; an open compensation counts as settled by hand. False where it had been discarded before."""
    by.require("run.steer")
    letter = await _to_close(session, by, letter_id, "discarded")
    if letter is None:
        return False
    asks = letter.reason == "compensation" and await compensations.is_asked(session, letter)
    if asks and not await _decided(session, by, letter, "skip", note):
        return False
    await _close(session, by, letter, "discarded", {"note": note})
    return True


async def _to_close(session: Session, by: Principal, letter_id: str, closed: Closed) -> DeadLetter | None:
    """The letter, held; None when this was done with it before.

    One of a compensation is held only after its decision: the worker's order is question, run, letter.
    """
    row = await repository.get(session, by.team_id, letter_id)
    if row is None:
        raise _missing()
    letter = row[0]
    if letter.reason != "compensation":
        letter = await repository.locked(session, by.team_id, letter_id) or letter
    return letter if _is_open(letter, closed) else None


def _is_open(letter: DeadLetter, closed: Closed) -> bool:
    if letter.status not in ("open", closed):
        raise AlreadyClosed(f"This letter is {letter.status} already.", fix="Open it to see by whom.")
    return letter.status == "open"


async def _decided(
    session: Session, by: Principal, letter: DeadLetter, action: compensations.Action, comment: str
) -> bool:
    """Answer the question that the compensation asks; False where somebody has just given the same answer."""
    try:
        await compensations.decide(session, by, letter, action, comment)
    except AlreadyDecided:
        now = await repository.locked(session, by.team_id, letter.id)
        if now is None or now.status == "open" or _is_open(now, _OF[action]):
            raise
        return False
    return True


_OF: dict[str, Closed] = {"retry": "redriven", "skip": "discarded"}


async def _close(
    session: Session, by: Principal, letter: DeadLetter, status: Status, values: Mapping[str, Any]
) -> None:
    told = {"status": status, "closed_at": clock.now(), "closed_by": by.account_id, **values}
    letter.sqlmodel_update(told)
    session.add(letter)
    await session.flush()
    details = {"run": letter.run_id, "reason": letter.reason, **values}
    await audit.record(session, by, f"dead_letter.{status}", letter.id, details)


def _missing() -> NotFound:
    return NotFound("There is no such dead letter.", fix="It is removed together with its run.")
