"""Asks providers' models through LangChain, over the guarded HTTP client, and tells their errors in our words.

Every answer is asked for as a stream, whether somebody listens or not: there is one way, a long answer cannot be
mistaken for a dead provider, and a stream that stops before its end is an error that another try may mend.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import cast

import anthropic
import httpx2
import openai
from langchain_core.messages import AIMessageChunk, BaseMessage
from langsmith.run_helpers import tracing_context  # pyright: ignore[reportUnknownVariableType] - a bare Mapping in it
from pydantic import JsonValue

from backend.core.errors import QuadrilleError
from backend.inference import chat_models, chat_wire, prices, retry_after
from backend.inference.chat import Provider
from backend.inference.chat_errors import ModelFailed, ModelTooSlow, RequestRefused, of_status
from backend.inference.chat_models import Asked
from backend.inference.chat_types import ChatMessage, ChatReply, Hear

SECONDS = 120.0
_MOST_LEFT_OUT = 2  # a temperature and a schema
_BROKEN = (ValueError, TypeError, LookupError, AttributeError)
"""What the libraries raise when a provider sends what is not of its protocol; a wrong JSON text is a ValueError."""


async def answer(
    provider: Provider,
    model: str,
    key: str,
    messages: Sequence[ChatMessage],
    options: Mapping[str, JsonValue],
    hear: Hear | None = None,
) -> ChatReply:
    """One question, one answer; retries are the engine's. What a server does not know of is left out, and it is asked again."""
    for _ in range(_MOST_LEFT_OUT):
        try:
            return await _answer(provider, model, key, messages, options, hear)
        except RequestRefused as refused:
            if (simpler := chat_wire.simpler(refused, messages, options)) is None:
                raise
            messages, options = simpler
    return await _answer(provider, model, key, messages, options, hear)


async def _answer(
    provider: Provider,
    model: str,
    key: str,
    messages: Sequence[ChatMessage],
    options: Mapping[str, JsonValue],
    hear: Hear | None,
) -> ChatReply:
    name = f"{provider.name}:{model}"
    seconds = float(cast(float, options.get("timeout_seconds") or SECONDS))
    talk = chat_wire.talk(messages)
    pieces: list[AIMessageChunk] = []
    asked = chat_models.made(provider, model, key, chat_models.Wanted.of(options, seconds))
    async with chat_models.connected(provider), aclosing(_pieces(asked, talk, name, seconds)) as coming:
        async for piece in coming:
            pieces.append(piece)
            if hear is not None:
                hear(str(piece.text))
    return _reply(pieces, name)


async def _pieces(
    asked: Asked, talk: list[BaseMessage], name: str, seconds: float
) -> AsyncGenerator[AIMessageChunk]:
    """The pieces of the answer; only what the provider does wrong is explained here, nothing of who hears them."""
    begun = False
    try:
        # A trace would leave this machine whenever LangSmith's variables happen to be set.
        with tracing_context(enabled=False):
            async for piece in asked.astream(talk):
                begun = True
                yield piece
    except (openai.APIError, anthropic.APIError) as error:
        raise _explained(error, name, seconds, begun=begun) from error
    except (httpx2.TimeoutException, TimeoutError) as error:
        raise _too_slow(name, seconds) from error
    except httpx2.HTTPError as error:
        raise _broken(name, "The connection broke.") from error
    except _BROKEN as error:
        raise _broken(name, f"What came is not of its protocol: {str(error)[:200]}") from error


def _reply(pieces: list[AIMessageChunk], name: str) -> ChatReply:
    """The whole answer with what it cost; raises ModelFailed where its end is missing.

    Some providers count once, at the end, others tell the sum so far with every piece: the last count is that of all.
    """
    if not any(chat_wire.ended(piece) for piece in pieces):
        raise _broken(name, "The answer broke off before its end.")
    counted = [piece.usage_metadata for piece in pieces if piece.usage_metadata]
    used = counted[-1] if counted else None
    read, wrote = (used["input_tokens"], used["output_tokens"]) if used else (0, 0)
    cached = used.get("input_token_details", {}).get("cache_read") if used else 0
    return ChatReply(
        text="".join(str(piece.text) for piece in pieces),
        model=name,
        input_tokens=read,
        output_tokens=wrote,
        tool_calls=chat_wire.calls(pieces, name),
        cost=prices.cost(name, read, wrote, cached or 0) if used else None,
    )


def _explained(
    error: openai.APIError | anthropic.APIError, name: str, seconds: float, *, begun: bool
) -> QuadrilleError:
    if isinstance(error, openai.APIStatusError | anthropic.APIStatusError):
        return of_status(error.status_code, name, error.message, retry_after.seconds(error.response.headers))
    if isinstance(error, openai.APITimeoutError | anthropic.APITimeoutError):
        return _too_slow(name, seconds)
    if isinstance(error, openai.APIConnectionError | anthropic.APIConnectionError):
        return _broken(name, "The connection broke.") if begun else _unreached(error, name)
    return _broken(name, f"It said: {error.message[:300]}")


def _unreached(error: Exception, name: str) -> QuadrilleError:
    if isinstance(error.__cause__, QuadrilleError):
        return error.__cause__
    why = str(error.__cause__ or error).rstrip(".")
    return ModelFailed(f"{name} cannot be reached: {why}.", fix="Check network and address.")


def _too_slow(name: str, seconds: float) -> ModelTooSlow:
    told = f"{name} did not answer within {seconds:g} seconds, or was silent for so long."
    return ModelTooSlow(told, fix="Retry, or allow more time.")


def _broken(name: str, why: str) -> ModelFailed:
    return ModelFailed(f"{name} failed while it answered. {why}", fix="Let the node try again.")
