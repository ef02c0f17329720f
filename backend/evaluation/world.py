"""What metrics may ask beyond the run: the embedded model, and a judge with the team's own keys."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from pydantic import JsonValue

from backend.core import clock, db
from backend.identity import secrets
from backend.inference import chat, client
from backend.nodes.judging import Judge, Verdict, judged
from backend.nodes.kind import ChatMessage, ChatReply


class TeamWorld:
    """The world of one team."""

    def __init__(self, team_id: str) -> None:
        self._team_id = team_id

    async def embed(self, texts: list[str]) -> list[list[float]]:
        """Unit-length embeddings from the inference worker."""
        return await client.embed(texts, priority="low")

    async def judge(self, judge: Judge, what: JsonValue) -> Verdict:
        """A model's verdict."""
        return await judged(cast(Any, _Bench(self._team_id)), judge, what)


class _Bench:
    """As much of a node's context as a judge needs."""

    def __init__(self, team_id: str) -> None:
        self._team_id = team_id

    async def text(self, template: str) -> str:
        """Criteria are plain words here."""
        return template

    async def now(self) -> datetime:
        """This moment."""
        return clock.now()

    async def chat(
        self, model: str, messages: list[ChatMessage], options: Mapping[str, JsonValue]
    ) -> ChatReply:
        """A provider's model with the team's key, or a scripted one."""
        return await chat.ask(model, messages, {"attempt": 1, **options}, self._secret)

    async def _secret(self, name: str) -> str:
        async with db.database().reading() as session:
            return await secrets.reveal(session, self._team_id, name)
