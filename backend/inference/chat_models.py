"""LangChain's models of providers: each is made once for its provider, key and options; the connection is of one call alone.

To make one takes longer than a quick server needs to answer. Kept connections would save more, and would cost more: a
server that has just closed one makes a call fail, and what one key was told, as cookies, would be carried to the next call.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Self

import anthropic
import httpx2
import orjson
from langchain.chat_models import init_chat_model
from langchain_anthropic import ChatAnthropic
from langchain_core.runnables import Runnable
from pydantic import JsonValue

from backend.core import http_guard
from backend.inference import chat_wire
from backend.inference.chat import Provider

Asked = Runnable[Any, Any]
MOST_KEPT = 128
_OPTIONS = ("temperature", "max_tokens", "schema", "tools")
_connection: ContextVar[httpx2.AsyncBaseTransport] = ContextVar("connection")


@dataclass(frozen=True)
class Wanted:
    """The options that shape a model, in a form that can be looked up."""

    seconds: float
    options: bytes

    @classmethod
    def of(cls, options: Mapping[str, JsonValue], seconds: float) -> Self:
        """From the options of a question."""
        told = {name: options[name] for name in _OPTIONS if options.get(name) is not None}
        return cls(seconds, orjson.dumps(told))


class _Through(httpx2.AsyncBaseTransport):
    """Sends each request over the connection of the call that makes it."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await _connection.get().handle_async_request(request)


@asynccontextmanager
async def connected(provider: Provider) -> AsyncGenerator[None]:
    """A connection for the questions asked in here; guarded, unless the operator named the address."""
    if provider.operators_own:
        opened = httpx2.AsyncHTTPTransport(verify=http_guard.tls(), trust_env=False)
    else:
        opened = http_guard.GuardedTransport()
    async with opened:
        before = _connection.set(opened)
        try:
            yield
        finally:
            _connection.reset(before)


@lru_cache(MOST_KEPT)
def made(provider: Provider, model: str, key: str, wanted: Wanted) -> Asked:
    """The model; ask it only while `connected`."""
    options: dict[str, JsonValue] = orjson.loads(wanted.options)
    shape: dict[str, Any] = {
        name: options[name] for name in ("temperature", "max_tokens") if name in options
    } | chat_wire.schema(provider.name, options)
    common: dict[str, Any] = {
        "api_key": key or "none",
        "base_url": provider.base_url,
        "timeout": wanted.seconds,
        "max_retries": 0,
        "stream_usage": True,
    }
    make: Any = init_chat_model
    if provider.name == "anthropic":
        found: Any = _with_client(make(model, model_provider="anthropic", **common, **shape), _client())
    else:
        quiet: dict[str, Any] = {"http_async_client": _client(), "stream_chunk_timeout": wanted.seconds}
        quiet["openai_proxy"] = None  # else OPENAI_PROXY would be used
        found = make(model, model_provider="openai", **quiet, **common, **shape)
    offered = chat_wire.tools(options)
    return found.bind_tools(offered) if offered else found


def _client() -> httpx2.AsyncClient:
    """Without a connection of its own, and without a memory."""
    forgets = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return httpx2.AsyncClient(transport=_Through(), trust_env=False, follow_redirects=False, cookies=forgets)


def _with_client(found: ChatAnthropic, client: httpx2.AsyncClient) -> ChatAnthropic:
    """LangChain offers no way to bring a client for Anthropic: its cached one is replaced."""
    parameters = found._client_params  # pyright: ignore[reportPrivateUsage] - see above
    object.__setattr__(found, "_async_client", anthropic.AsyncClient(**parameters, http_client=client))
    return found
