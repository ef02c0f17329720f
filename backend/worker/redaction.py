"""Takes the values of revealed secrets out of what a step brings back from the outside."""

from collections.abc import Collection
from typing import cast

from pydantic import JsonValue

from backend.nodes.kind import ChatReply, HttpReply

REDACTED = "•••"
_SHORTEST = 4  # what is shorter guards nothing, and would be found by chance everywhere


def without(secrets: Collection[str], text: str) -> str:
    """The text with every secret covered, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, REDACTED)
    return text


def so_far(secrets: Collection[str], text: str) -> str:
    """The same for a text that still grows: an end that may be the beginning of a secret is held back."""
    held = max((_begun(secret, text) for secret in secrets if len(secret) >= _SHORTEST), default=0)
    return without(secrets, text[: len(text) - held])


def _begun(secret: str, text: str) -> int:
    """How much of the secret the text ends with."""
    return next((n for n in range(len(secret) - 1, 0, -1) if text.endswith(secret[:n])), 0)


def of_reply(secrets: Collection[str], reply: HttpReply) -> HttpReply:
    """The answer with every secret covered, in keys and values wherever they are."""
    if not secrets:
        return reply
    headers = {without(secrets, name): without(secrets, value) for name, value in reply.headers.items()}
    return HttpReply(status=reply.status, headers=headers, body=of_value(secrets, reply.body))


def of_answer(secrets: Collection[str], reply: ChatReply) -> ChatReply:
    """The model's answer with every secret covered, also in what it gives to tools."""
    calls = [
        one.model_copy(update={"arguments": cast(object, of_value(secrets, one.arguments))})
        for one in reply.tool_calls
    ]
    return reply.model_copy(update={"text": without(secrets, reply.text), "tool_calls": tuple(calls)})


def of_value(secrets: Collection[str], value: JsonValue) -> JsonValue:
    """The value with every secret covered, at any depth."""
    if isinstance(value, str):
        return without(secrets, value)
    if isinstance(value, list) and secrets:
        return [of_value(secrets, entry) for entry in value]
    if isinstance(value, dict) and secrets:
        return {without(secrets, name): of_value(secrets, inner) for name, inner in value.items()}
    return value
