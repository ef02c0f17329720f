"""Tells a team that a provider of its models, or a server, is left alone, and that it answers again."""

from pydantic import JsonValue
from sqlalchemy.exc import SQLAlchemyError

from backend.core import db, log
from backend.inference.breakers import Moved
from backend.outgoing import news, topics

_log = log.get(__name__)


async def tell(team_id: str, moved: Moved) -> None:
    """In a transaction of its own, where the team listens: the call that moved the breaker is part of none.

    No call fails because this cannot be stored; it is not told again then.
    """
    data: dict[str, JsonValue] = {"provider": moved.provider, "of": moved.of}
    if moved.to == "opened":
        until = moved.until.isoformat() if moved.until else None
        data |= {"failures": moved.failures, "until": until, "why": moved.why}
    try:
        async with db.database().reading() as session:
            heard = team_id in await news.listeners(session, topics.SYSTEM)
        if heard:
            async with db.database().transaction() as session:
                await news.tell(session, team_id, topics.SYSTEM, f"breaker.{moved.to}", moved.provider, data)
    except (SQLAlchemyError, OSError) as error:
        _log.warning(
            "a breaker could not be told", breaker=moved.to, provider=moved.provider, error=str(error)
        )
