"""Plays agents alone: scripted models that really read their scripts, and a memory of what was asked of the world."""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from backend.inference import chat
from backend.nodes.kind import ChatMessage, ChatReply, Step
from backend.nodes.kinds.ai.agent import Config, agent
from tests.backend.nodes.fakes import FakeContext


class Offline(FakeContext):
    """Models are asked as a worker asks them; `heard` holds each conversation."""

    def __init__(self, **scope: JsonValue) -> None:
        super().__init__(**scope)
        self.heard: list[tuple[list[ChatMessage], Mapping[str, JsonValue]]] = []
        self.cost: float | None = None

    async def chat(
        self, model: str, messages: list[ChatMessage], options: Mapping[str, JsonValue]
    ) -> ChatReply:
        self.heard.append((messages, options))
        reply = await chat.ask(model, messages, options, self.secret)
        return reply.model_copy(update={"cost": self.cost})

    def of(self, sort: type | str) -> list[Any]:
        """What was asked of the world, of one sort."""
        if isinstance(sort, str):
            return [one[1] for one in self.asked if isinstance(one, tuple) and one[0] == sort]
        return [one for one in self.asked if isinstance(one, sort)]


async def played(
    script: str, ctx: Offline | None = None, **settings: Any
) -> tuple[dict[str, Any], str, Offline]:
    """What an agent with this script gives, how it leaves, and its world."""
    ctx = ctx or Offline()
    config = Config.model_validate(
        {"task": "Do it.", "model": "scripted/script", "script": script, **settings}
    )
    step: Step = await agent.play(config, ctx)
    assert isinstance(step.output, dict)
    return step.output, step.leave_by, ctx
