"""A diagram asked of a model: its answer is read and checked as anybody's file, with one chance to mend it."""

import asyncio
import importlib
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from pydantic import JsonValue

from backend.core import db
from backend.core.errors import Invalid, Problem
from backend.core.source import Unreadable
from backend.identity import secrets
from backend.identity.principal import Principal
from backend.inference import chat, chat_fallbacks
from backend.inference.chat_types import ChatMessage, ChatReply
from backend.nodes.kind import Kind
from backend.workflows import check, file
from backend.workflows.diagram import Diagram
from backend.workflows.proposals import merging, wording
from backend.workflows.proposals.schemas import ProposalRequest

_OPTIONS: Mapping[str, JsonValue] = {"temperature": 0.1, "max_tokens": 8_000}


class NoDiagram(Invalid):
    """The model answered twice, and neither answer holds a diagram."""

    code, title = "no_diagram", "The model's answer holds no diagram"


@dataclass(frozen=True)
class Answer:
    """What the model proposes, in words and as a diagram, with what is still wrong."""

    told: str
    diagram: Diagram
    problems: list[Problem] = field(default_factory=list[Problem])


@dataclass(frozen=True)
class Asker:
    """Asks for one proposal; nothing of the database is held meanwhile."""

    by: Principal
    before: Diagram
    kinds: Mapping[str, Kind]
    secret_names: Set[str]
    wanted: ProposalRequest

    async def answer(self) -> Answer:
        """The proposal; raises NoDiagram, or what the model's provider answers."""
        messages = wording.first(self.before, self.kinds, self.wanted.sentence, self.wanted.failure)
        text = await self._ask(messages)
        found, wrong = self._read(text)
        if wrong:
            text = await self._ask([*messages, *wording.repair(text, wrong)])
            again, still = self._read(text)
            found, wrong = (again, still) if again or not found else (found, wrong)
        if found is None:
            raise NoDiagram(
                f"{self.wanted.model} answered twice without a diagram that can be read: {wrong[0].message}",
                fix="Say it in other words, or ask a larger model.",
                problems=wrong,
            )
        return found

    async def _ask(self, messages: list[ChatMessage]) -> str:
        if not self.wanted.model.startswith("scripted/"):
            # It takes a second to load, in which the web process has other things to do.
            await asyncio.to_thread(importlib.import_module, "backend.inference.chat_provider")
        options = {**_OPTIONS, "script": self.wanted.script}

        async def once(model: str) -> ChatReply:
            return await chat.ask(model, messages, options, self._secret)

        return (await chat_fallbacks.ask(self.wanted.model, None, self.by.team_id, once)).text

    async def _secret(self, name: str) -> str:
        async with db.database().reading() as session:
            return await secrets.reveal(session, self.by.team_id, name)

    def _read(self, text: str) -> tuple[Answer | None, list[Problem]]:
        """The answer and what is wrong with it; none where it holds no diagram."""
        told, written = _parts(text)
        try:
            answer = file.read(written)
        except Unreadable as wrong:
            return None, wrong.problems
        drawn = merging.merged(self.before, answer, self.kinds)
        problems = check.problems(drawn, self.kinds, self.secret_names)
        return Answer(told, drawn, problems), check.errors(problems)


def _parts(text: str) -> tuple[str, str]:
    """The words before the fenced block, and what is in it."""
    fenced = re.search(r"```[\w-]*[ \t]*\r?\n(.*?)```", text, re.DOTALL)
    if fenced:
        return text[: fenced.start()].strip(), fenced.group(1)
    head = re.search(r"^quadrille\s*:", text, re.MULTILINE)
    return (text[: head.start()].strip(), text[head.start() :]) if head else (text[:1000].strip(), text)
