"""What a metric is: a form of its settings, and one async function that says from 0 to 1 how good a run was."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from backend.core import json
from backend.evaluation import looking
from backend.nodes.judging import Judge, Verdict


class Check(BaseModel):
    """Base of a metric's settings; a field that the metric does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    of: str = Field(
        default="output",
        title="Looks at",
        min_length=1,
        max_length=2_000,
        description="An expression over output, nodes, input, expected and run, such as output.answer.",
    )
    weight: float = Field(
        default=1, title="Weight", gt=0, le=1000, description="Its share of the case's score."
    )
    at_least: float | None = Field(
        default=None, title="Passes from", ge=0, le=1, description="Empty: as usual."
    )

    @field_validator("of", "against", check_fields=False)
    @classmethod
    def _can_be_read(cls, text: str) -> str:
        looking.require(text)
        return text


class Comparing(Check):
    """Settings of a metric that compares with something."""

    expected: JsonValue = Field(default=None, title="Expected", description="Empty: as the case expects.")
    against: str = Field(
        default="expected",
        title="Compared with",
        min_length=1,
        max_length=2_000,
        description="An expression, where “Expected” is empty.",
    )


class World(Protocol):
    """What metrics may ask beyond the run."""

    async def embed(self, texts: list[str]) -> list[list[float]]:
        """Unit-length embeddings."""
        ...

    async def judge(self, judge: Judge, what: JsonValue) -> Verdict:
        """A model's verdict."""
        ...


@dataclass(frozen=True)
class Seen:
    """What a metric sees: the value that it looks at, what that is compared with, and all that is known of the run."""

    value: JsonValue
    wanted: JsonValue
    scope: Mapping[str, JsonValue]
    world: World


@dataclass(frozen=True)
class Score:
    """From 0 to 1, and why."""

    value: float
    why: str = ""


Look = Callable[[Any, Seen], Awaitable[Score]]


@dataclass(frozen=True)
class Metric:
    """A registered metric. `name` is its file's name, permanent in saved sets."""

    name: str
    title: str
    help: str
    check: type[Check]
    look: Look
    passes: float

    @property
    def compares(self) -> bool:
        """Whether it needs something to compare with."""
        return issubclass(self.check, Comparing)


def metric(*, title: str, passes: float = 1.0) -> Callable[[Look], Metric]:
    """Turn the one async function of a metric's file into the metric; name and help come from the file itself."""

    def register(look: Look) -> Metric:
        module = inspect.getmodule(look)
        if module is None:
            raise TypeError(f"{look} must be defined at the top of a module")
        return Metric(
            name=module.__name__.rpartition(".")[2],
            title=title,
            help=inspect.getdoc(module) or "",
            check=inspect.signature(look).parameters["check"].annotation,
            look=look,
            passes=passes,
        )

    return register


def text_of(value: JsonValue) -> str:
    """The value as text: a text is itself, the rest is JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def shown(value: JsonValue, longest: int = 200) -> str:
    """The value as a sentence quotes it."""
    text = text_of(value)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
