"""Sends e-mails and calls webhooks that were left to be sent; no run waits for them."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from backend.core import db, log
from backend.outgoing import sending, service

LOOK_SECONDS = 2.0
LOOKS_A_DAY = int(86_400 / LOOK_SECONDS)
_log = log.get(__name__)


async def watch() -> None:
    """Until cancelled. Every worker looks; each message is taken by one."""
    looks = 0
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            while await sending.anything_due():
                await sending.send_due()
            if looks % LOOKS_A_DAY == 0:
                async with db.database().transaction() as session:
                    await service.forget_old(session)
            looks += 1
        except (SQLAlchemyError, OSError, ExceptionGroup) as error:  # a group where several are sent at once
            _log.warning("messages could not be sent", error=str(error))
