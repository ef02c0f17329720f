"""Asks providers' models through LangChain, over the guarded HTTP client, and tells their errors in our words."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import anthropic
import httpx2
import openai
from langchain.chat_models import init_chat_model
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langsmith.run_helpers import tracing_context  # pyright: ignore[reportUnknownVariableType] - a bare Mapping in it
from pydantic import JsonValue

from backend.core import http
from backend.core.errors import QuadrilleError
from backend.inference.chat import Provider
from backend.inference.chat_errors import ModelFailed, ModelTooSlow, of_status
from backend.inference.chat_types import ChatMessage, ChatReply

SECONDS = 120.0


async def answer(
    provider: Provider,
    model: str,
    key: str,
    messages: Sequence[ChatMessage],
    options: Mapping[str, JsonValue],
) -> ChatReply:
    """One question, one answer; retries are the engine's."""
    name = f"{provider.name}:{model}"
    seconds = float(cast(float, options.get("timeout_seconds") or SECONDS))
    talk = [(message.role, message.content) for message in messages]
    async with _client(provider, seconds) as client:
        asked = _model(provider, model, key, options, client, seconds)
        try:
            # A trace would leave this machine whenever LangSmith's variables happen to be set.
            with tracing_context(enabled=False):
                reply = await asked.ainvoke(talk)
        except (openai.APIError, anthropic.APIError) as error:
            raise _explained(error, name, seconds) from error
    return _reply(reply, name)


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
    }
    make: Any = init_chat_model
    if provider.name == "anthropic":
        return _with_client(make(model, model_provider="anthropic", **common, **wanted), client)
    quiet = {"http_async_client": client, "openai_proxy": None}  # else OPENAI_PROXY would be used
    return make(model, model_provider="openai", **quiet, **common, **wanted)


def _with_client(made: ChatAnthropic, client: httpx2.AsyncClient) -> ChatAnthropic:
    """LangChain offers no way to bring a client for Anthropic: its cached one is replaced."""
    parameters = made._client_params  # pyright: ignore[reportPrivateUsage] - see above
    object.__setattr__(made, "_async_client", anthropic.AsyncClient(**parameters, http_client=client))
    return made


def _reply(reply: AIMessage, name: str) -> ChatReply:
    used = reply.usage_metadata
    return ChatReply(
        text=str(reply.text),
        model=name,
        input_tokens=used["input_tokens"] if used else 0,
        output_tokens=used["output_tokens"] if used else 0,
    )


def _explained(error: openai.APIError | anthropic.APIError, name: str, seconds: float) -> QuadrilleError:
    if isinstance(error, openai.APIStatusError | anthropic.APIStatusError):
        return of_status(error.status_code, name, error.message)
    if isinstance(error, openai.APITimeoutError | anthropic.APITimeoutError):
        return ModelTooSlow(
            f"{name} did not answer within {seconds:g} seconds.", fix="Retry, or allow more time."
        )
    if isinstance(error.__cause__, QuadrilleError):
        return error.__cause__
    return ModelFailed(
        f"{name} cannot be reached: {error.__cause__ or error}.", fix="Check network and address."
    )
