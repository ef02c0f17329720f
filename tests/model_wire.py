"""What providers send: the wire formats of OpenAI and Anthropic, in pieces as they really come."""

import json
from typing import Any

from tests.http_server import Answer

SSE = {"content-type": "text/event-stream"}


def openai_event(delta: dict[str, Any], why: str | None = None, **more: Any) -> bytes:
    told = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "tiny"}
    choices = [{"index": 0, "delta": delta, "finish_reason": why}]
    return b"data: " + json.dumps({**told, "choices": choices, **more}).encode() + b"\n\n"


def openai_part(index: int | None, text: str, name: str | None = None, id: str | None = None) -> bytes:
    """A piece of a tool call; its name and id come with the first."""
    function = {"arguments": text} | ({"name": name} if name else {})
    call: dict[str, Any] = {"function": function} | ({"id": id, "type": "function"} if id else {})
    return openai_event({"tool_calls": [call | ({} if index is None else {"index": index})]})


def openai_calls(*parts: bytes, why: str = "tool_calls") -> Answer:
    counted = {"prompt_tokens": 20, "completion_tokens": 8, "total_tokens": 28}
    told = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "tiny", "choices": []}
    last = b"data: " + json.dumps({**told, "usage": counted}).encode() + b"\n\n"
    return Answer(headers=SSE, pieces=[*parts, openai_event({}, why), last, b"data: [DONE]\n\n"])


def anthropic_stream(
    *blocks: str | tuple[str, str, list[str]], why: str = "end_turn", ended: bool = True
) -> Answer:
    """Texts as they are; tool calls as id, name and the pieces of the arguments."""
    begun = {
        "id": "m1", "type": "message", "role": "assistant", "model": "tiny", "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": {"input_tokens": 7, "output_tokens": 1},
    }  # fmt: skip
    told: list[dict[str, Any]] = [{"type": "message_start", "message": begun}]
    for index, block in enumerate(blocks):
        told += _text(index, block) if isinstance(block, str) else _use(index, *block)
    if ended:
        end = {"stop_reason": why, "stop_sequence": None}
        told.append({"type": "message_delta", "delta": end, "usage": {"input_tokens": 7, "output_tokens": 2}})
        told.append({"type": "message_stop"})
    pieces = [f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in told]
    return Answer(headers=SSE, pieces=pieces)


def _text(index: int, text: str) -> list[dict[str, Any]]:
    return _block(index, {"type": "text", "text": ""}, [{"type": "text_delta", "text": text}])


def _use(index: int, id: str, name: str, parts: list[str]) -> list[dict[str, Any]]:
    begun = {"type": "tool_use", "id": id, "name": name, "input": {}}
    return _block(index, begun, [{"type": "input_json_delta", "partial_json": part} for part in parts])


def _block(index: int, begun: dict[str, Any], deltas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": begun},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]
