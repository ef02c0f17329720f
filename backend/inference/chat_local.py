"""Asks a language model of the operator's own through Redis: an inference worker answers with OpenVINO GenAI.

Small models know no common form of tool calls. So where tools are offered, the answer is held to a JSON Schema by the
decoder itself: either words, or one call of one of the tools with arguments of its schema.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import JsonValue, TypeAdapter, ValidationError

from backend.core import json, queue
from backend.inference import client, prices
from backend.inference.chat_errors import (
    CallMalformed,
    ModelFailed,
    ModelTooSlow,
    ModelUnknown,
    RequestRefused,
)
from backend.inference.chat_types import ChatMessage, ChatReply, Hear, Tool, ToolCall

SECONDS = 300.0
_MARGIN_SECONDS = 20.0  # what loading and the queue may take beside
_MAX_TOKENS = 1024
_TOOLS: TypeAdapter[list[Tool]] = TypeAdapter(list[Tool])


async def answer(
    name: str, messages: Sequence[ChatMessage], options: Mapping[str, JsonValue], hear: Hear | None = None
) -> ChatReply:
    """One question, one answer, which is heard in one piece; Outage where no inference worker is there."""
    tools = _tools(options)
    model, seconds = f"openvino:{name}", float(cast(float, options.get("timeout_seconds") or SECONDS))
    schema = _either(tools) if tools else options.get("schema")
    asked = {
        "seconds": seconds,
        "max_tokens": options.get("max_tokens") or _MAX_TOKENS,
        "temperature": options.get("temperature") or 0,
        "schema": json.dumps(schema) if schema else "",
    }
    await client.require_a_worker()
    said: dict[str, Any] = await queue.call(
        queue.broker("inference"),
        "inference.chat",
        timeout=seconds + _MARGIN_SECONDS,
        name=name,
        messages=[*_told(tools), *(plain(one) for one in messages)],
        options=asked,
    )
    _require_an_answer(said, model, seconds)
    text, calls = _read(said, model, len(messages)) if tools else (str(said["text"]), ())
    if hear is not None:
        hear(text)
    read, wrote = int(said["input_tokens"]), int(said["output_tokens"])
    cost = prices.cost(model, read, wrote)
    return ChatReply(
        text=text, model=model, input_tokens=read, output_tokens=wrote, tool_calls=calls, cost=cost
    )


def _require_an_answer(said: Mapping[str, Any], model: str, seconds: float) -> None:
    if missing := said.get("missing"):
        raise ModelUnknown(
            str(missing), fix="Put the model's folder there, on the machine of the inference worker."
        )
    if broken := said.get("broken"):
        raise ModelFailed(f"{model} failed: {broken}", fix="Look at the model's folder and the worker's log.")
    if said["why"] == "late":
        raise ModelTooSlow(
            f"{model} did not answer within {seconds:g} seconds.", fix="Ask for less, or allow more time."
        )


def _tools(options: Mapping[str, JsonValue]) -> list[Tool]:
    try:
        return _TOOLS.validate_python(options.get("tools") or [])
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(str(part) for part in ("tools", *first["loc"]))
        raise RequestRefused(f"A tool is described wrongly at {place}: {first['msg']}.") from None


def _either(tools: Sequence[Tool]) -> JsonValue:
    """Words, or a call."""
    forms: list[JsonValue] = [_object(answer={"type": "string"})]
    named: dict[str, JsonValue] = {}  # schemas refer to these from the root, which is ours
    for tool in tools:
        wanted = dict(tool.parameters)
        defined = wanted.pop("$defs", {})
        named |= defined if isinstance(defined, dict) else {}
        forms.append(_object(tool={"const": tool.name}, arguments=wanted))
    return {"anyOf": forms, "$defs": named}


def _object(**fields: JsonValue) -> JsonValue:
    names: list[JsonValue] = list(fields)
    return {"type": "object", "properties": fields, "required": names, "additionalProperties": False}


def _told(tools: Sequence[Tool]) -> list[dict[str, str]]:
    if not tools:
        return []
    listed = "\n".join(json.dumps(tool.model_dump(mode="json")) for tool in tools)
    form = 'Answer with {"answer": TEXT}, or call a tool with {"tool": NAME, "arguments": {...}}.'
    return [{"role": "system", "content": f"{form} The tools:\n{listed}"}]


def plain(message: ChatMessage) -> dict[str, str]:
    """What every chat template knows: system, user and assistant."""
    if message.role == "tool":
        return {"role": "user", "content": f"The result of {message.tool_call_id}: {message.content}"}
    calls = [json.dumps({"tool": one.name, "arguments": one.arguments}) for one in message.tool_calls]
    content = "\n".join([*([message.content] if message.content else []), *calls])
    return {"role": message.role, "content": content}


def _read(said: Mapping[str, Any], model: str, turn: int) -> tuple[str, tuple[ToolCall, ...]]:
    text = str(said["text"])
    try:
        found = json.parse(text, "the answer")
    except json.NotJson as wrong:
        cut = said["why"] == "length"
        told = f"{model} {'was cut off at its longest length' if cut else 'did not keep to the schema'}. {wrong.message}"
        fix = "Allow a longer answer." if cut else "Ask again."
        raise CallMalformed(told, fix=fix, tool="", arguments=text[:500]) from None
    told = cast(dict[str, Any], found)
    if "tool" not in told:
        return str(told.get("answer", "")), ()
    return "", (ToolCall(id=f"call_{turn}", name=str(told["tool"]), arguments=told["arguments"]),)
