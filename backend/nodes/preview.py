"""What expressions and templates give for data at hand, and where in their text they are wrong, while somebody types."""

import asyncio
import re
from collections.abc import Iterable
from typing import Annotated, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from backend.core import sandbox
from backend.core.errors import Problem, QuadrilleError
from backend.nodes import expressions, templates
from backend.nodes.expression_words import SCOPE_NAMES

SECONDS = 0.5
"""What one text may take: people wait for it at every key they press."""

ALL_SECONDS = 3.0
MAX_SHOWN = 20_000
_QUOTED = re.compile(r"`\.?([^`()]+)(?:\(\))?`")

Sort = Literal["expression", "template", "value"]
Name = Annotated[str, Field(pattern="^(" + "|".join(SCOPE_NAMES) + ")$")]


class Text(BaseModel):
    """A text to be tried. The sort `value` is a template that keeps its type where it is one hole alone."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(max_length=templates.MAX_LENGTH)
    sort: Sort = "expression"


class Previewed(BaseModel):
    """The texts, and the data that they see."""

    model_config = ConfigDict(extra="forbid")
    texts: list[Text] = Field(max_length=20)
    scope: dict[Name, JsonValue] = {}
    names: list[Name] = Field(
        default=["input", "nodes", "run"], description="What may be read at the place of the text."
    )


class Flaw(BaseModel):
    """What is wrong, how to mend it, and which characters of the text it is."""

    message: str
    fix: str
    start: int
    end: int


class Preview(BaseModel):
    """A value, or what is wrong; `cut` says that only the beginning of its text is told."""

    value: JsonValue = None
    cut: bool = False
    flaws: list[Flaw] = []


class PreviewPage(BaseModel):
    """An answer for every text, in their order."""

    items: list[Preview]


async def of(wanted: Previewed) -> PreviewPage:
    """Try every text in the sandbox; what does not come to its turn in time says so."""
    loop = asyncio.get_running_loop()
    end, found = loop.time() + ALL_SECONDS, list[Preview]()
    for text in wanted.texts:
        if loop.time() > end:
            late = Flaw(message="There was no time left to try this.", fix="", start=0, end=len(text.text))
            found.append(Preview(flaws=[late]))
            continue
        found.append(await _one(text, wanted))
    return PreviewPage(items=found)


async def _one(text: Text, wanted: Previewed) -> Preview:
    if not text.text.strip():
        return Preview()
    reader = expressions if text.sort == "expression" else templates
    if wrong := reader.problems_of(text.text, wanted.names):
        return Preview(flaws=[_flaw(problem, text.text) for problem in wrong])
    try:
        return _shown(await _value(text, wanted))
    except sandbox.SandboxMissing:
        raise
    except QuadrilleError as error:
        return Preview(flaws=[_flaw(Problem(error.message, fix=error.fix), text.text)])


async def _value(text: Text, wanted: Previewed) -> JsonValue:
    alone = templates.only_hole(text.text) if text.sort == "value" else None
    if text.sort == "expression" or alone is not None:
        return await expressions.value(alone or text.text, wanted.scope, seconds=SECONDS)
    return await templates.fill(text.text, wanted.scope, seconds=SECONDS)


def _shown(value: JsonValue) -> Preview:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return Preview(value=value) if len(text) <= MAX_SHOWN else Preview(value=text[:MAX_SHOWN], cut=True)


def _flaw(problem: Problem, text: str) -> Flaw:
    start, end = _place(problem.message, text)
    return Flaw(message=problem.message, fix=problem.fix, start=start, end=end)


def _place(message: str, text: str) -> tuple[int, int]:
    """Where the first thing stands that the message quotes; the whole text where it quotes nothing of it."""
    for quoted in _candidates(message):
        if found := re.search(rf"(?<![\w.]){re.escape(quoted)}(?!\w)", text):
            return found.span()
        if (at := text.find(quoted)) >= 0:
            return at, at + len(quoted)
    return 0, len(text)


def _candidates(message: str) -> Iterable[str]:
    yield from (one for one in _QUOTED.findall(message) if one.strip())
    if hole := re.match(r"In (\{\{.*?\}\})", message, re.DOTALL):
        yield hole[1]
