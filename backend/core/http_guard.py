"""Connections to the outside: resolve, check every address, dial a checked one. Check and dial are one step."""

import ssl
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from typing import Any

import anyio
import httpcore2
import httpx2
from httpcore2 import AsyncNetworkBackend, AsyncNetworkStream

from backend.core.addresses import allowed, refusal
from backend.core.errors import QuadrilleError
from backend.core.settings import settings

# Gives all addresses of a name, as text; tests bring their own.
Resolver = Callable[[str, int], Awaitable[list[str]]]


class OutboundError(QuadrilleError):
    """A request to the outside did not succeed."""

    code, status, title = "outbound", 503, "The request did not succeed"


class AddressRefused(OutboundError):
    """We do not connect there."""

    code, status, title = "outbound_refused", 422, "This address is not allowed"


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """The ordinary transport, with connections that only our backend opens."""

    def __init__(self, resolver: Resolver | None = None) -> None:
        super().__init__(verify=tls(), trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls(), network_backend=GuardedBackend(resolver or resolved)
        )


class GuardedBackend(AsyncNetworkBackend):
    """Dials only what it has checked; never a unix socket."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._plain: Any = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        """Dial a checked address of the host; TLS and Host header keep the name."""
        failure: Exception | None = None
        for address in await self._checked(host, port):
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError(f"{host} has no address")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        """Refused, always."""
        raise AddressRefused("Unix sockets are not reachable.")

    async def sleep(self, seconds: float) -> None:
        """Wait, for the pool's retries."""
        await anyio.sleep(seconds)

    async def _checked(self, host: str, port: int) -> list[str]:
        try:
            addresses = await self._resolver(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"the name {host} cannot be resolved ({error})") from None
        exceptions = allowed(settings().outbound_allow)
        if not exceptions.host(host, port):
            for why in filter(None, (refusal(address, port, exceptions) for address in addresses)):
                raise AddressRefused(
                    f"{host} must not be reached: {why}.",
                    fix="An operator can allow it with QUADRILLE_OUTBOUND_ALLOW.",
                )
        return addresses


async def resolved(host: str, port: int) -> list[str]:
    """All addresses of a name; also reads `2130706433`, `0x7f.1` and other ways to write one."""
    found = await anyio.getaddrinfo(host, port, type=1)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@lru_cache
def tls() -> ssl.SSLContext:
    """Reading the certificates takes longer than most requests, so it happens once."""
    return httpx2.create_ssl_context(trust_env=False)
