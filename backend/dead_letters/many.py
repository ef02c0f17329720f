"""Acts on many dead letters at once: each by itself, with an answer for each."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from itertools import count

from backend.core import clock, db
from backend.core.db import Session
from backend.core.errors import QuadrilleError
from backend.dead_letters import repository, service
from backend.dead_letters.schemas import MOST_AT_ONCE, Answer, Answers, DiscardMany, LetterFilter, RedriveMany
from backend.dead_letters.service import Closed
from backend.identity.principal import Principal

Act = Callable[[str], Awaitable[bool]]


async def redrive(session: Session, by: Principal, wanted: RedriveMany) -> Answers:
    """Redrive each of these letters."""
    by.require("run.start")

    now, done = clock.now(), count()

    async def act(letter_id: str) -> bool:
        at = now + timedelta(minutes=next(done) / wanted.per_minute) if wanted.per_minute else None
        return await service.redrive(session, by, letter_id, wanted.version, at=at)

    return await _each(session, by, wanted.ids or wanted.filter or LetterFilter(), act, "redriven")


async def discard(session: Session, by: Principal, wanted: DiscardMany) -> Answers:
    """Discard each of these letters, with one note for all."""
    by.require("run.steer")

    async def act(letter_id: str) -> bool:
        return await service.discard(session, by, letter_id, wanted.note)

    return await _each(session, by, wanted.ids or wanted.filter or LetterFilter(), act, "discarded")


async def _each(
    session: Session, by: Principal, wanted: Sequence[str] | LetterFilter, act: Act, done: Closed
) -> Answers:
    if not isinstance(wanted, LetterFilter):
        return Answers(items=[await _one(session, by, one, act, done) for one in dict.fromkeys(wanted)])
    found = service.searched(by, wanted)
    chosen = await repository.oldest_open(session, found, MOST_AT_ONCE)
    total = await repository.count_open(session, found)
    answers = [await _one(session, by, one, act, done) for one in chosen]
    return Answers(items=answers, left=total - len(chosen))


async def _one(session: Session, by: Principal, letter_id: str, act: Act, done: Closed) -> Answer:
    """What one letter cannot do leaves nothing behind and stops no other."""
    try:
        async with db.part(session):
            acted = await act(letter_id)
    except QuadrilleError as error:
        return Answer(id=letter_id, outcome="refused", message=error.message, fix=error.fix)
    row = await repository.get(session, by.team_id, letter_id)
    return Answer(
        id=letter_id, outcome=done if acted else "already", new_run_id=row[0].new_run_id if row else None
    )
