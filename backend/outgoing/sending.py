"""Sends what was left to be sent: every worker looks, each message is taken by one, and tried again until it goes."""

import asyncio
from datetime import timedelta

import orjson
from sqlalchemy import update
from sqlmodel import col, select

from backend.core import clock, db, http, log, mail
from backend.core.errors import QuadrilleError
from backend.outgoing.models import Outgoing

AT_ONCE = 20
HELD_SECONDS = 120.0
"""A message whose sender dies is sent by somebody else after this; longer than any attempt takes."""
MOST_ATTEMPTS = 20
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3600.0
_log = log.get(__name__)


class Refused(QuadrilleError):
    """The other side answered, and not with a success."""

    code, title = "refused", "Refused"


async def anything_due() -> bool:
    """True when a message waits to be sent now."""
    query = select(Outgoing.id).where(col(Outgoing.status) == "waiting", col(Outgoing.next_at) <= clock.now())
    async with db.database().reading() as session:
        return (await session.exec(query.limit(1))).first() is not None


async def send_due() -> int:
    """Take what is due and send it, all at the same time; how many that were."""
    taken = await _take()
    async with asyncio.TaskGroup() as tasks:
        for message in taken:
            tasks.create_task(_send(message))
    return len(taken)


async def _take() -> list[Outgoing]:
    """Hold some messages for a while: until then nobody else takes them."""
    now = clock.now()
    due = (
        select(Outgoing)
        .where(col(Outgoing.status) == "waiting", col(Outgoing.next_at) <= now)
        .order_by(col(Outgoing.next_at))
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, key_share=True)
    )
    async with db.database().transaction() as session:
        taken = list((await session.exec(due)).all())
        for message in taken:
            message.next_at, message.attempts = now + timedelta(seconds=HELD_SECONDS), message.attempts + 1
            session.add(message)
        await session.flush()
        for message in taken:
            session.expunge(message)
    return taken


async def _send(message: Outgoing) -> None:
    try:
        await (_mail(message) if message.sort == "mail" else _call(message))
    except (*mail.Failed, QuadrilleError, ValueError) as error:
        await _not_sent(message, error)
    else:
        await _note(message, status="sent", sent_at=clock.now(), error="")


async def _mail(message: Outgoing) -> None:
    await mail.send(message.address, mail.Letter(message.subject, message.text), message.id)


async def _call(message: Outgoing) -> None:
    headers = {"Idempotency-Key": message.id, "Content-Type": "application/json"}
    answer = await http.request("POST", message.address, headers=headers, content=orjson.dumps(message.data))
    if answer.status >= 300:
        raise Refused(f"The address answered {answer.status}.")


async def _not_sent(message: Outgoing, error: Exception) -> None:
    """Try again later, and later still; what is refused for good, or for a day, is given up."""
    given_up = mail.permanent(error) or isinstance(error, ValueError) or message.attempts >= MOST_ATTEMPTS
    pause = min(FIRST_PAUSE * 2 ** (message.attempts - 1), LONGEST_PAUSE)
    _log.warning("a message was not sent", id=message.id, sort=message.sort, error=str(error), last=given_up)
    await _note(
        message,
        status="failed" if given_up else "waiting",
        next_at=clock.now() + timedelta(seconds=pause),
        error=str(error)[:500],
    )


async def _note(message: Outgoing, **values: object) -> None:
    async with db.database().transaction() as session:
        await session.exec(update(Outgoing).where(col(Outgoing.id) == message.id).values(**values))
