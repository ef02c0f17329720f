"""The one outbound HTTP client: guarded connections, few redirects, and bounds on time and size.

OutboundError (QuadrilleError)
├── AddressRefused    422  the address is private or special, or the port is not open to us
├── BadAddress        422  not an http(s) URL
├── NoAnswer          503  no connection, a broken answer, or too many redirects
├── TookTooLong       503  the whole exchange exceeded its time
└── AnswerTooLarge    413  more bytes than allowed, counted after decompression
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2
from pydantic import JsonValue

from backend.core import json
from backend.core.http_guard import AddressRefused, GuardedTransport, OutboundError, Resolver

__all__ = ["AddressRefused", "AnswerTooLarge", "BadAddress", "Limits", "NoAnswer", "OutboundError", "Reply",
           "Resolver", "TookTooLong", "client", "request"]  # fmt: skip

# A redirect to another origin must not carry secrets: what is not listed here stays behind.
_KEPT_ON_OTHER_ORIGINS = frozenset(
    {"accept", "accept-encoding", "content-type", "content-length", "transfer-encoding", "user-agent", "host"}
)

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class BadAddress(OutboundError):
    """Not an address that can be requested."""

    code, status, title = "outbound_address", 422, "This is not a web address"


class NoAnswer(OutboundError):
    """The other side did not answer, or not in HTTP."""

    code, title = "outbound_failed", "No answer"


class TookTooLong(OutboundError):
    """The exchange took longer than allowed."""

    code, title = "outbound_timeout", "No answer in time"


class AnswerTooLarge(OutboundError):
    """The answer is larger than allowed."""

    code, status, title = "outbound_too_large", 413, "The answer is too large"


@dataclass(frozen=True)
class Limits:
    """Bounds of one exchange with all its redirects."""

    seconds: float = 10.0
    max_bytes: int = 10_000_000
    redirects: int = 3


@dataclass(frozen=True)
class Reply:
    """An answer, whole and decompressed."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    def body(self) -> JsonValue:
        """JSON where the server says so and it is, else text."""
        if "json" in self.headers.get("content-type", "").lower():
            try:
                return json.parse(self.content, "the answer")
            except json.NotJson:
                pass
        return self.content.decode(errors="replace").replace("\0", "")


async def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    limits: Limits | None = None,
    resolver: Resolver | None = None,
) -> Reply:
    """One request with its redirects; raises one of the errors above, each a sentence for people."""
    bounds = limits or Limits()
    try:
        async with asyncio.timeout(bounds.seconds), client(resolver) as opened:
            return await _followed(opened, _built(opened, method, url, headers, content), bounds)
    except (TimeoutError, httpx2.TimeoutException):
        raise TookTooLong(f"{_shown(url)} did not answer within {bounds.seconds:g} seconds.") from None
    except httpx2.HTTPError as error:
        raise NoAnswer(f"{_shown(url)} did not answer: {str(error) or type(error).__name__}.") from error


def client(resolver: Resolver | None = None) -> httpx2.AsyncClient:
    """A guarded client for libraries that want one; follows no redirects, knows no proxies of the environment."""
    return httpx2.AsyncClient(transport=GuardedTransport(resolver), trust_env=False, follow_redirects=False)


def _built(
    opened: httpx2.AsyncClient,
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    content: bytes | None,
) -> httpx2.Request:
    for name, value in (headers or {}).items():
        if _CONTROL.search(value):
            # Said here, for the library would quote the value, which may be a secret.
            fix = "Store the secret, or write the value, without line breaks."
            raise BadAddress(f"The header {name} holds a line break or another control character.", fix=fix)
    try:
        built = opened.build_request(method, url, headers=headers, content=content)
    except (httpx2.InvalidURL, ValueError, TypeError) as error:
        raise BadAddress(f"{url!r} cannot be requested: {error}.", fix="Check address and headers.") from None
    if built.url.scheme not in ("http", "https") or not built.url.host:
        raise BadAddress(f"{url!r} is not a full web address.", fix="Begin with http:// or https://.")
    return built


async def _followed(opened: httpx2.AsyncClient, request: httpx2.Request, limits: Limits) -> Reply:
    for _ in range(limits.redirects + 1):
        response = await opened.send(request, stream=True)
        try:
            if response.next_request is None:
                content = await _read(response, limits.max_bytes)
                return Reply(str(response.url), response.status_code, dict(response.headers), content)
            request = _redirected(request, response.next_request)
        finally:
            await response.aclose()
    raise NoAnswer(f"{_shown(str(request.url))} redirected more than {limits.redirects} times.")


async def _read(response: httpx2.Response, max_bytes: int) -> bytes:
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > max_bytes:
            host = response.url.host
            raise AnswerTooLarge(f"{host} answered with more than {max_bytes} bytes.", fix="Ask for less.")
    return bytes(content)


def _redirected(before: httpx2.Request, after: httpx2.Request) -> httpx2.Request:
    here, there = (
        (url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme))
        for url in (before.url, after.url)
    )
    if here[0] == "https" and there[0] != "https":
        raise AddressRefused(f"{before.url.host} redirects from https to {there[0]}, which is not followed.")
    if here != there:
        for name in [name for name in after.headers if name.lower() not in _KEPT_ON_OTHER_ORIGINS]:
            del after.headers[name]
    return after


def _shown(url: str) -> str:
    """The host of an address: the rest of it may hold secrets."""
    return httpx2.URL(url).host or url
