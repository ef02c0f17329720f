"""A goal taken apart by a model: its answer keeps to a JSON Schema and is checked as every plan, with one chance to mend it."""

import asyncio
import importlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from backend.agents import ready_made
from backend.core import db, json
from backend.core.errors import Invalid, Problem
from backend.core.plain_text import PlainText
from backend.identity import secrets
from backend.identity.principal import Principal
from backend.inference import chat, chat_fallbacks
from backend.inference.chat_types import ChatMessage, ChatReply
from backend.nodes.tool import Effect
from backend.planning import checking
from backend.planning.plan import Goal, Level, Member, Task, Word
from backend.planning.schemas import How

_FENCED = re.compile(r"```(?:json)?(.*?)```", re.DOTALL)
_MOST_PROBLEMS = 20
_RULES = """You plan work for a team of software agents. Take the goal apart into a hierarchy of tasks: a task either has parts,
or is work for one agent with one result. Answer with JSON alone, of the given schema.

- id: lower case letters, digits and _. parent: the id of the task it is a part of, or null.
- needs: ids of work that must be done before; leave out what need not wait, so that tasks can run side by side.
- Of work say: what to do, done_when (a result that can be checked), seconds and tokens it takes an agent,
  capabilities with the level from 0 to 1 that it takes, does (what it does to the world: read, write, external, code, money).
- Use the capabilities that the agents have where they fit. role: the ready-made role such work is like.
- Keep to the constraints. Approvals are added by the product: plan none."""


class NoPlan(Invalid):
    """The model answered twice, and neither answer is a plan."""

    code, title = "no_plan", "The model's answer is no plan"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Able(_Closed):
    name: Word
    level: Level


class _Task(_Closed):
    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,50}$")
    title: str = Field(min_length=1, max_length=120)
    parent: str | None
    needs: list[str]
    what: str = Field(max_length=4_000)
    done_when: str = Field(max_length=1_000)
    seconds: float = Field(ge=0, le=2_592_000)
    tokens: int = Field(ge=0, le=10**8)
    capabilities: list[_Able] = Field(max_length=10)
    does: list[Effect]
    role: str


class _Answer(_Closed):
    title: str = Field(min_length=1, max_length=80)
    tasks: list[_Task] = Field(min_length=1, max_length=checking.MOST)

    @model_validator(mode="after")
    def _each_once(self) -> "_Answer":
        """Before the hierarchy is read: with two of a name every level would double what is below it."""
        if twice := next((name for name, n in Counter(one.id for one in self.tasks).items() if n > 1), None):
            raise ValueError(f"two tasks are called “{twice}”; give each an id of its own")
        return self


class _Dropped(_Closed):
    id: str = Field(max_length=63)
    why: PlainText = Field(min_length=1, max_length=500)


class _RestAnswer(_Answer):
    dropped: list[_Dropped] = Field(max_length=checking.MOST)


@dataclass(frozen=True)
class Told:
    """What the model answered; `dropped` says of tasks that were planned why they are not needed any more."""

    title: str
    tasks: tuple[Task, ...]
    dropped: Mapping[str, str]


@dataclass(frozen=True)
class Left:
    """A run under way: what has begun, groups around it among that, and what was planned and has not."""

    begun: Sequence[Task] = ()
    planned: Sequence[Task] = ()


@dataclass(frozen=True)
class Asker:
    """Asks for one plan; nothing of the database is held meanwhile."""

    by: Principal
    goal: Goal
    how: How
    members: Sequence[Member]
    left: Left | None = None

    @property
    def _form(self) -> type[_Answer]:
        return _RestAnswer if self.left else _Answer

    async def answer(self) -> Told:
        """The tasks; raises NoPlan, or what the model's provider answers."""
        messages = [
            ChatMessage(role="system", content=_RULES + _roles()),
            ChatMessage(role="user", content=self._asked()),
        ]
        text = await self._ask(messages)
        found, wrong = self._read(text)
        if found is None:
            listed = "\n".join(f"- {one.place}: {one.message} {one.fix}" for one in wrong[:_MOST_PROBLEMS])
            again = f"This cannot be used yet:\n{listed}\n\nAnswer once more in the same form, with all of it mended."
            more = [ChatMessage(role="assistant", content=text), ChatMessage(role="user", content=again)]
            found, wrong = self._read(await self._ask([*messages, *more]))
        if found is None:
            told = f"{self.how.model} answered twice without a plan that holds: {wrong[0].place}: {wrong[0].message}"
            raise NoPlan(
                told, fix="Say the goal in other words, ask a larger model, or plan offline.", problems=wrong
            )
        return found

    async def _ask(self, messages: list[ChatMessage]) -> str:
        if not self.how.model.startswith("scripted/"):
            # It takes a second to load, in which the web process has other things to do.
            await asyncio.to_thread(importlib.import_module, "backend.inference.chat_provider")
        schema: dict[str, Any] = self._form.model_json_schema()
        options: Mapping[str, JsonValue] = {
            "temperature": 0.1,
            "max_tokens": 8_000,
            "schema": schema,
            "script": self.how.script,
        }

        async def once(model: str) -> ChatReply:
            return await chat.ask(model, messages, options, self._secret)

        return (await chat_fallbacks.ask(self.how.model, None, self.by.team_id, once)).text

    async def _secret(self, name: str) -> str:
        async with db.database().reading() as session:
            return await secrets.reveal(session, self.by.team_id, name)

    def _read(self, text: str) -> tuple[Told | None, list[Problem]]:
        fenced = _FENCED.search(text)
        try:
            data = json.parse((fenced.group(1) if fenced else text).strip(), "the answer")
            answer = self._form.model_validate(data)
        except json.NotJson:
            return None, [Problem("It is not JSON.", "the answer", "Answer with JSON alone.")]
        except ValidationError as wrong:
            errors = wrong.errors(include_url=False, include_input=False)
            return None, [Problem(f"{one['msg']}.", ".".join(map(str, one["loc"]))) for one in errors]
        tasks = _tasks(answer.tasks)
        begun = self.left.begun if self.left else ()
        dropped = {one.id: one.why for one in answer.dropped} if isinstance(answer, _RestAnswer) else {}
        wrong_ones = checking.problems((*begun, *tasks), self.goal)
        return (None, wrong_ones) if wrong_ones else (Told(answer.title, tasks, dropped), [])

    def _asked(self) -> str:
        able = "\n".join(
            f"- {one.name}: {', '.join(f'{word} {value:.2f}' for word, value in one.capabilities.items()) or 'nothing said'}"
            for one in self.members
        )
        limits = self.goal.constraints.model_dump(mode="json", exclude_defaults=True)
        return (
            f"The goal: {self.goal.text}\n\nConstraints: {json.dumps(limits)}\n\nThe agents of the team:\n{able or '- none yet'}"
            f"{_so_far(self.left) if self.left else ''}"
            f"\n\nThe JSON Schema of your answer: {json.dumps(self._form.model_json_schema())}"
        )


def _tasks(given: Sequence[_Task]) -> tuple[Task, ...]:
    """Those that others are a part of are groups; whoever needs a group needs what is last in it."""
    groups = {one.parent for one in given if one.parent}
    waited = {name for one in given for name in one.needs}
    known = {one.id: one for one in given}

    def work_of(name: str, depth: int = 0) -> list[str]:
        parts = [one.id for one in given if one.parent == name]
        if not parts or depth > len(given):
            return [name]
        ends = [part for part in parts if part in groups or part not in waited] or parts
        return [leaf for part in ends for leaf in work_of(part, depth + 1)]

    def needs_of(one: _Task) -> tuple[str, ...]:
        """Its own, and those of what it is a part of."""
        named, above = list(one.needs), known.get(one.parent or "")
        for _ in given:
            if above is None:
                break
            named += above.needs
            above = known.get(above.parent or "")
        return tuple(dict.fromkeys(leaf for name in named for leaf in work_of(name)))

    return tuple(
        Task(
            id=one.id,
            title=one.title,
            kind="group" if one.id in groups else "work",
            parent=one.parent,
            needs=() if one.id in groups else needs_of(one),
            what=one.what,
            done_when=one.done_when,
            seconds=one.seconds,
            tokens=one.tokens,
            capabilities={} if one.id in groups else {able.name: able.level for able in one.capabilities},
            does=tuple(one.does),
            role=one.role,
        )
        for one in given
    )


def _roles() -> str:
    roles = "\n".join(
        f"- {one.name}: {one.sentence} Can: {', '.join(able.name for able in one.capabilities)}."
        for one in ready_made.all_()
    )
    return f"\n\nThe ready-made roles:\n{roles}"


def _so_far(left: Left) -> str:
    """What the rest of a goal is planned from."""
    return (
        "\n\nA run is under way. Answer with the tasks that are still to be done, and with those alone."
        "\n\nThese have begun or are done. They stay, `needs` may name work of them, and their ids are taken:\n"
        f"{_listed(left.begun)}"
        "\n\nThese were planned and have not begun. Keep what is still right, with its id; "
        "what is not needed any more you leave out, and say why in `dropped`:\n"
        f"{_listed(left.planned)}"
    )


def _listed(tasks: Sequence[Task]) -> str:
    return "\n".join(f"- {one.id} ({one.kind}): {one.title}. {one.what}" for one in tasks) or "- none"
