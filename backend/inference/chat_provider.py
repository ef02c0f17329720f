"""Asks providers' models through LangChain, over the guarded HTTP client, and tells their errors in our words.

Every answer is asked for as a stream, whether somebody listens or not: there is one way, a long answer cannot be
mistaken for a dead provider, and a stream that stops before its end is an error that another try may mend.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast

import anthropic
import httpx2
import openai
from langchain.chat_models import init_chat_model
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks
from langsmith.run_helpers import tracing_context  # pyright: ignore[reportUnknownVariableType] - a bare Mapping in it
from pydantic import JsonValue

from backend.core import http
from backend.core.errors import QuadrilleError
from backend.inference.chat import Provider
from backend.inference.chat_errors import ModelFailed, ModelTooSlow, of_status
from backend.inference.chat_types import ChatMessage, ChatReply, Hear

SECONDS = 120.0
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
    """One question, one answer; retries are the engine's."""
    name = f"{provider.name}:{model}"
    seconds = float(cast(float, options.get("timeout_seconds") or SECONDS))
    talk = [(message.role, message.content) for message in messages]
    pieces: list[AIMessageChunk] = []
    async with _client(provider, seconds) as client:
        asked = _model(provider, model, key, options, client, seconds)
        async with aclosing(_pieces(asked, talk, name, seconds)) as coming:
            async for piece in coming:
                pieces.append(piece)
                if hear is not None:
                    hear(str(piece.text))
    return _reply(pieces, name)


async def _pieces(
    asked: BaseChatModel, talk: list[tuple[str, str]], name: str, seconds: float
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


def _client(provider: Provider, seconds: float) -> httpx2.AsyncClient:
    if provider.operators_own:
        return httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=seconds)
    return http.client()


def _model(
    provider: Provider,
    model: str,
    key: str,
    options: Mapping[str, JsonValue],
    client: httpx2.AsyncClient,
    seconds: float,
) -> BaseChatModel:
    wanted: dict[str, Any] = {
        name: options[name] for name in ("temperature", "max_tokens") if options.get(name) is not None
    }
    common: dict[str, Any] = {
        "api_key": key or "none",
        "base_url": provider.base_url,
        "timeout": seconds,
        "max_retries": 0,
        "stream_usage": True,
    }
    make: Any = init_chat_model
    if provider.name == "anthropic":
        return _with_client(make(model, model_provider="anthropic", **common, **wanted), client)
    quiet: dict[str, Any] = {"http_async_client": client, "stream_chunk_timeout": seconds}
    quiet["openai_proxy"] = None  # else OPENAI_PROXY would be used
    return make(model, model_provider="openai", **quiet, **common, **wanted)


def _with_client(made: ChatAnthropic, client: httpx2.AsyncClient) -> ChatAnthropic:
    """LangChain offers no way to bring a client for Anthropic: its cached one is replaced."""
    parameters = made._client_params  # pyright: ignore[reportPrivateUsage] - see above
    object.__setattr__(made, "_async_client", anthropic.AsyncClient(**parameters, http_client=client))
    return made


def _reply(pieces: list[AIMessageChunk], name: str) -> ChatReply:
    """The whole answer with what it cost; raises ModelFailed where its end is missing.

    Some providers count once, at the end, others tell the sum so far with every piece: the last count is that of all.
    """
    whole = add_ai_message_chunks(*pieces) if pieces else AIMessageChunk(content="")
    told = whole.response_metadata
    if not (told.get("finish_reason") or told.get("stop_reason")):
        raise _broken(name, "The answer broke off before its end.")
    counted = [piece.usage_metadata for piece in pieces if piece.usage_metadata]
    used = counted[-1] if counted else None
    return ChatReply(
        text=str(whole.text),
        model=name,
        input_tokens=used["input_tokens"] if used else 0,
        output_tokens=used["output_tokens"] if used else 0,
    )


def _explained(
    error: openai.APIError | anthropic.APIError, name: str, seconds: float, *, begun: bool
) -> QuadrilleError:
    if isinstance(error, openai.APIStatusError | anthropic.APIStatusError):
        return of_status(error.status_code, name, error.message)
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
