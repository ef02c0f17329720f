"""Speaks MCP with a server through the official SDK: guarded addresses, a limit of time, and no more bytes than allowed.

ToolServerError (Unavailable)
├── ServerSilent   503  no answer in time
├── ServerFails    503  it answers with an error, or not in MCP
└── NoSuchCommand  422  the operator allows no command of that name
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import httpx2
from pydantic import JsonValue, ValidationError

from backend.core import json
from backend.core.errors import QuadrilleError, Unavailable
from backend.core.http import AnswerTooLarge
from backend.core.http_guard import GuardedTransport
from backend.core.settings import settings
from backend.tool_servers.pinning import Definition

T = TypeVar("T")
SECONDS = 30.0
MOST_BYTES = 1_000_000
MOST_TOOLS = 200
_STDIO = "stdio:"


class ToolServerError(Unavailable):
    """A tool server does not do its part."""

    code, title = "tool_server", "The tool server does not answer"


class ServerSilent(ToolServerError):
    """No answer in time."""

    code = "tool_server_silent"


class ServerFails(ToolServerError):
    """An error, or no MCP."""

    code, title = "tool_server_failed", "The tool server answers with an error"


class NoSuchCommand(ToolServerError):
    """The operator allows no command of that name."""

    code, status, title = "tool_server_command", 422, "This command is not allowed here"


@dataclass(frozen=True)
class Place:
    """Where a server is, and what it is shown."""

    address: str
    token: str = ""

    @property
    def shown(self) -> str:
        """What people are told of it."""
        return (
            self.address
            if self.address.startswith(_STDIO)
            else (httpx2.URL(self.address).host or self.address)
        )


@dataclass(frozen=True)
class Said:
    """What a tool gave."""

    text: str
    structured: JsonValue
    failed: bool


class _Capped(httpx2.AsyncByteStream):
    """A body that ends with an error where it is too long."""

    def __init__(self, inner: Any, transport: "_CappedTransport") -> None:
        self._inner, self._transport = inner, transport

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._inner:
            size += len(piece)
            if size > MOST_BYTES:
                raise self._transport.too_much()
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


class _CappedTransport(GuardedTransport):
    """Guarded connections whose answers are bounded and come as they are: packed ones could unpack to anything."""

    def __init__(self) -> None:
        super().__init__()
        self.over: AnswerTooLarge | None = None

    def too_much(self) -> AnswerTooLarge:
        """Remembered, for the SDK tells its caller only that the stream ended."""
        self.over = AnswerTooLarge(
            f"The server answered with more than {MOST_BYTES:,} bytes.", fix="Ask it for less."
        )
        return self.over

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One answer."""
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise ServerFails("The server packs its answers, which was not asked for.")
        response.stream = _Capped(response.stream, self)
        return response


async def definitions(place: Place) -> list[Definition]:
    """All tools that the server offers."""
    return await _talk(place, _all)


async def call(
    place: Place, tool: str, digest: str, arguments: Mapping[str, Any], key: str
) -> Said | Definition | None:
    """What the tool gives; or its definition where that is not the pinned one (none: it is gone), and then nothing was called."""

    async def do(client: Any) -> Said | Definition | None:
        found = next((one for one in await _all(client) if one.name == tool), None)
        if found is None or found.digest() != digest:
            return found
        meta: Any = {"quadrille/idempotency-key": key}
        return _said(await client.call_tool(tool, dict(arguments), meta=meta))

    return await _talk(place, do)


async def _all(client: Any) -> list[Definition]:
    found: list[Definition] = []
    cursor: str | None = None
    while len(found) <= MOST_TOOLS:
        page = await client.list_tools(cursor=cursor)
        found += [_definition(tool) for tool in page.tools]
        cursor = page.next_cursor
        if not cursor:
            return found
        if not page.tools:
            break
    raise ServerFails(f"The server offers more than {MOST_TOOLS} tools.")


def _definition(tool: Any) -> Definition:
    plain = cast(
        dict[str, Any], json.plain(tool.model_dump(mode="json", by_alias=True, exclude_none=True), "the tool")
    )
    more = {name: plain[name] for name in ("annotations", "outputSchema") if plain.get(name)}
    title = plain.get("title") or plain.get("annotations", {}).get("title") or plain["name"]
    return Definition(
        plain["name"], title, plain.get("description") or "", plain.get("inputSchema") or {}, more
    )


def _said(result: Any) -> Said:
    """Texts as they are; of pictures, sounds and links only that they were there."""
    parts = [part.text if part.type == "text" else f"[{part.type} left out]" for part in result.content]
    structured = json.plain(result.structured_content, "the tool's result")
    return Said("\n".join(parts).replace("\0", ""), structured, bool(result.is_error))


async def _talk(place: Place, do: Callable[[Any], Awaitable[T]]) -> T:
    """One conversation; whatever the SDK raises becomes one of the errors above."""
    from mcp import MCPError  # late: it takes a second to load, and few need it

    capped = _CappedTransport()
    try:
        async with asyncio.timeout(SECONDS), _client(place, capped) as client:
            return await do(client)
    except TimeoutError:
        raise ServerSilent(f"{place.shown} did not answer within {SECONDS:g} seconds.") from None
    except MCPError as wrong:
        raise capped.over or ServerFails(f"{place.shown} says: {str(wrong)[:500]}") from None
    except ExceptionGroup as group:
        raise capped.over or _explained(place, group) from None
    except (httpx2.HTTPError, ValidationError, json.NotJson, OSError) as wrong:
        raise _explained(place, wrong) from None


@asynccontextmanager
async def _client(place: Place, capped: _CappedTransport) -> AsyncGenerator[Any]:
    from mcp.client import Client
    from mcp.client.stdio import StdioServerParameters, stdio_client
    from mcp.client.streamable_http import streamable_http_client

    if place.address.startswith(_STDIO):
        command, *rest = _command(place.address.removeprefix(_STDIO))
        with open(os.devnull, "w") as nowhere:  # noqa: ASYNC230, PTH123 - opens at once
            transport = stdio_client(StdioServerParameters(command=command, args=rest), errlog=nowhere)
            async with Client(transport, read_timeout_seconds=SECONDS, cache=None) as client:
                yield client
        return
    headers = {"Accept-Encoding": "identity"} | (
        {"Authorization": f"Bearer {place.token}"} if place.token else {}
    )
    times = httpx2.Timeout(SECONDS)
    async with httpx2.AsyncClient(transport=capped, trust_env=False, headers=headers, timeout=times) as http:
        transport = streamable_http_client(place.address, http_client=http, max_sse_event_size=MOST_BYTES)
        async with Client(transport, read_timeout_seconds=SECONDS, cache=None) as client:
            yield client


def _command(name: str) -> list[str]:
    """Whole command lines are the operator's alone; teams only name them."""
    listed = settings().mcp_commands
    if not listed.get(name):
        fix = "The operator lists commands in QUADRILLE_MCP_COMMANDS."
        raise NoSuchCommand(f"No command is called “{name}” here.", fix=fix)
    return listed[name]


def _explained(place: Place, wrong: BaseException) -> QuadrilleError:
    """The first cause that says something."""
    leaves = _leaves(wrong)
    known = next((one for one in leaves if isinstance(one, QuadrilleError)), None)
    if known is not None:
        return known
    told = str(leaves[0]) or type(leaves[0]).__name__
    return ServerFails(f"{place.shown} does not speak MCP as it should: {told[:300]}")


def _leaves(wrong: BaseException) -> list[BaseException]:
    if isinstance(wrong, BaseExceptionGroup):
        return [leaf for one in cast(Any, wrong).exceptions for leaf in _leaves(one)]
    return [wrong]
