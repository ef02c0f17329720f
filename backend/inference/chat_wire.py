"""Our messages, tools and schemas in LangChain's words, and the pieces of its streams put together."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from anthropic import transform_schema
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from pydantic import JsonValue, TypeAdapter, ValidationError

from backend.core import json
from backend.inference.chat_errors import CallMalformed, RequestRefused
from backend.inference.chat_types import ChatMessage, Tool, ToolCall

_SHOWN = 500  # characters of what cannot be read
_TOOLS: TypeAdapter[list[Tool]] = TypeAdapter(list[Tool])
_OF_SCHEMAS = re.compile(r"response_format|json_schema|output_config|output_format|structured", re.IGNORECASE)


def talk(messages: Sequence[ChatMessage]) -> list[BaseMessage]:
    """The conversation so far."""
    return [_message(one) for one in messages]


def _message(one: ChatMessage) -> BaseMessage:
    if one.role == "tool":
        return ToolMessage(content=one.content, tool_call_id=one.tool_call_id)
    if one.role == "assistant":
        calls = [
            {"name": c.name, "args": c.arguments, "id": c.id, "type": "tool_call"} for c in one.tool_calls
        ]
        return AIMessage(content=one.content, tool_calls=cast(Any, calls))
    return (SystemMessage if one.role == "system" else HumanMessage)(content=one.content)


def tools(options: Mapping[str, JsonValue]) -> list[dict[str, Any]]:
    """The offered tools in OpenAI's form, which LangChain rewrites for others."""
    try:
        offered = _TOOLS.validate_python(options.get("tools") or [])
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(str(part) for part in ("tools", *first["loc"]))
        raise RequestRefused(f"A tool is described wrongly at {place}: {first['msg']}.") from None
    return [{"type": "function", "function": tool.model_dump(mode="json")} for tool in offered]


def schema(provider: str, options: Mapping[str, JsonValue]) -> dict[str, Any]:
    """What asks the provider for an answer of the schema in `options`, as arguments of LangChain's model."""
    wanted = options.get("schema")
    if not isinstance(wanted, dict) or not wanted:
        return {}
    if provider == "anthropic":
        try:
            return {"output_config": {"format": {"type": "json_schema", "schema": transform_schema(wanted)}}}
        except (ValueError, TypeError) as wrong:
            raise RequestRefused(f"Anthropic takes no such schema: {str(wrong)[:200]}") from None
    told = {"name": "answer", "schema": wanted, "strict": _strict(wanted)}
    return {"extra_body": {"response_format": {"type": "json_schema", "json_schema": told}}}


def _strict(schema: JsonValue) -> bool:
    """OpenAI promises a schema where every object is closed and all of its fields are required."""
    if isinstance(schema, list):
        return all(_strict(part) for part in schema)
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object":
        required, known = schema.get("required"), schema.get("properties")
        named = sorted(str(one) for one in required) if isinstance(required, list) else []
        if schema.get("additionalProperties") is not False or named != sorted(
            known if isinstance(known, dict) else ()
        ):
            return False
    return all(_strict(part) for part in schema.values())


def simpler(
    refused: RequestRefused, messages: Sequence[ChatMessage], options: Mapping[str, JsonValue]
) -> tuple[Sequence[ChatMessage], Mapping[str, JsonValue]] | None:
    """The question without what the provider refuses in it: a schema, which is then told in words, or a temperature."""
    if options.get("schema") and _OF_SCHEMAS.search(refused.message):
        told = f"Answer with nothing but JSON of this schema:\n{json.dumps(options['schema'])}"
        return [ChatMessage(role="system", content=told), *messages], {**options, "schema": None}
    if options.get("temperature") is not None and "temperature" in refused.message:
        return messages, {**options, "temperature": None}
    return None


@dataclass
class _Call:
    """A tool call of which the pieces still come."""

    index: int | None
    id: str = ""
    name: str = ""
    text: list[str] = field(default_factory=list[str])

    def takes(self, part: Mapping[str, Any]) -> bool:
        """Whether the piece belongs to this call; some servers count wrongly or not at all, but a new id is a new call."""
        another = part.get("id") and self.id and part["id"] != self.id
        uncounted = part.get("index") is None and part.get("name")
        return part.get("index") == self.index and not another and not uncounted

    def add(self, part: Mapping[str, Any]) -> None:
        """Names come once, or again with every piece."""
        self.id = self.id or str(part.get("id") or "")
        name = str(part.get("name") or "")
        self.name += "" if name == self.name else name
        self.text.append(str(part.get("args") or ""))


def calls(pieces: Sequence[AIMessageChunk], model: str) -> tuple[ToolCall, ...]:
    """The tool calls of the whole answer; raises CallMalformed where the arguments of one cannot be read."""
    found: list[_Call] = []
    for part in (cast(dict[str, Any], part) for piece in pieces for part in piece.tool_call_chunks):
        call = next((one for one in reversed(found) if one.takes(part)), None)
        if call is None:
            found.append(call := _Call(part.get("index"), str(part.get("id") or "")))
        call.add(part)
    why = next((why for piece in pieces if (why := ended(piece))), "")
    return tuple(_read(call, n, model, why) for n, call in enumerate(found, start=1))


def ended(piece: AIMessageChunk) -> str:
    """Why the answer ends with this piece; nothing where it does not."""
    told = piece.response_metadata
    return str(told.get("finish_reason") or told.get("stop_reason") or "")


def _read(call: _Call, number: int, model: str, why: str) -> ToolCall:
    text = "".join(call.text)
    try:
        given = json.parse(text, "the arguments") if text.strip() else {}
    except json.NotJson as wrong:
        raise _malformed(call, text, model, why, wrong.message) from None
    if not isinstance(given, dict):
        raise _malformed(call, text, model, why, "The arguments are no JSON object.")
    if not call.name:
        raise _malformed(call, text, model, why, "The tool has no name.")
    return ToolCall(id=call.id or f"call_{number}", name=call.name, arguments=given)


def _malformed(call: _Call, text: str, model: str, why: str, wrong: str) -> CallMalformed:
    cut = why in ("length", "max_tokens")
    said = "was cut off at its longest length while it called" if cut else "called"
    fix = "Allow a longer answer." if cut else "Ask again, or ask a larger model."
    told = f"{model} {said} the tool {call.name or '(without a name)'} with arguments that cannot be read. {wrong}"
    return CallMalformed(told, fix=fix, tool=call.name, arguments=text[:_SHOWN])
