"""A model that plays a script: for templates without a provider and for tests. It is deterministic.

turns:
  - when: refund          # optional: text that the last question, or the last tool's result, contains
    after: 0              # optional: only when this many answers were given before
    say: Dear customer ...
    call:                 # optional: tools that are called, beside or instead of what is said
      - tool: refunds
        with: {order: 12}
    delay_seconds: 0.2    # optional
    words_per_second: 20  # optional: said word by word, for those who watch
    fail: 429             # optional: an HTTP status, or `timeout`
    fail_attempts: 1      # optional: fail only on this many first attempts

`{name}` in what is said and in what tools are called with stands for what the line `Name: …` said, or a field that a tool gave.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from backend.core import source_yaml
from backend.core.source import Unreadable
from backend.inference import chat_script_values
from backend.inference.chat_errors import ModelTooSlow, RequestRefused, of_status
from backend.inference.chat_types import ChatMessage, ChatReply, Hear, ToolCall

NAME = "scripted/script"


class Call(BaseModel):
    """A tool that a turn calls."""

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True)
    tool: str = Field(min_length=1)
    given: dict[str, JsonValue] = Field(default={}, alias="with")


class Turn(BaseModel):
    """One answer and when it is given."""

    model_config = ConfigDict(extra="forbid")
    when: str = ""
    after: int | None = Field(default=None, ge=0)
    say: str = ""
    call: list[Call] = Field(default=[], max_length=100)
    delay_seconds: float = Field(default=0, ge=0, le=60)
    words_per_second: float | None = Field(default=None, ge=1, le=1000)
    fail: int | Literal["timeout"] | None = None
    fail_attempts: int | None = Field(default=None, ge=1)


class Script(BaseModel):
    """The turns; the first that fits is played."""

    model_config = ConfigDict(extra="forbid")
    turns: list[Turn] = Field(min_length=1, max_length=1000)


async def answer(
    messages: Sequence[ChatMessage], options: Mapping[str, JsonValue], hear: Hear | None = None
) -> ChatReply:
    """Play the turn that fits the conversation so far."""
    turn = _turn(read(options.get("script")), messages)
    if turn.delay_seconds:
        await asyncio.sleep(turn.delay_seconds)
    attempt = options.get("attempt")
    number = attempt if isinstance(attempt, int) else 1
    if turn.fail is not None and (turn.fail_attempts is None or number <= turn.fail_attempts):
        if turn.fail == "timeout":
            raise ModelTooSlow(f"{NAME} did not answer in time, as its script says.")
        raise of_status(turn.fail, NAME, "as its script says")
    said = chat_script_values.filled(turn.say, messages)
    await _said(said, turn.words_per_second, hear)
    asked = sum(len(message.content.split()) for message in messages)
    made = len(said.split()) + len(turn.call)
    calls = tuple(_call(one, n, messages) for n, one in enumerate(turn.call, start=1))
    return ChatReply(text=said, model=NAME, input_tokens=asked, output_tokens=made, tool_calls=calls)


def _call(one: Call, number: int, messages: Sequence[ChatMessage]) -> ToolCall:
    given = {name: chat_script_values.filled_data(value, messages) for name, value in one.given.items()}
    return ToolCall(id=f"call_{_given(messages) + 1}_{number}", name=one.tool, arguments=given)


async def _said(text: str, words_per_second: float | None, hear: Hear | None) -> None:
    """Word by word where the script says how fast, else at once."""
    pieces = re.findall(r"\s*\S+\s*$|\s*\S+", text) if words_per_second else [text]
    for piece in pieces:
        if words_per_second:
            await asyncio.sleep(1 / words_per_second)
        if hear is not None:
            hear(piece)


def read(script: JsonValue) -> Script:
    """The script, from YAML or JSON text or from data; raises RequestRefused with the place of a mistake."""
    try:
        return Script.model_validate(_data(script) if isinstance(script, str) else script)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the script"
        raise _refused(f"The script is wrong at {place}: {first['msg']}.") from None


def _data(text: str) -> Any:
    """Scripts come from people and are read in the web process, too: aliases may not blow one up."""
    try:
        return source_yaml.parse(text).data
    except Unreadable as wrong:
        raise _refused(f"The script cannot be read: {wrong.message}") from None


def _turn(script: Script, messages: Sequence[ChatMessage]) -> Turn:
    question = next((m.content for m in reversed(messages) if m.role in ("user", "tool")), "").lower()
    given = _given(messages)
    for turn in script.turns:
        if turn.when.lower() in question and turn.after in (None, given):
            return turn
    raise _refused("No turn of the script fits this question.", "Add a turn without `when` at the end.")


def _given(messages: Sequence[ChatMessage]) -> int:
    """How many answers the model gave before."""
    return sum(message.role == "assistant" for message in messages)


def _refused(message: str, fix: str = "Mend the script in the node.") -> RequestRefused:
    return RequestRefused(message, fix=fix)
