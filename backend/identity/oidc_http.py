"""Requests to an OpenID provider: the issuer itself may be private, as an operator named it; nothing else may."""

from typing import Any, cast
from urllib.parse import urlsplit

import httpx2

from backend.core import http, json
from backend.core.errors import QuadrilleError

_MAX_BYTES = 1_000_000
_SECONDS = 10.0


class ProviderProblem(QuadrilleError):
    """The provider said something that cannot be trusted, or nothing; `problem` is the word for the page."""

    code, status, title = "provider_problem", 502, "The sign-in provider failed"

    def __init__(self, message: str, *, problem: str = "provider") -> None:
        super().__init__(message)
        self.problem = problem


async def fetch(
    issuer: str, method: str, url: str, *, headers: dict[str, str] | None = None, content: bytes | None = None
) -> tuple[int, dict[str, Any]]:
    """The status and JSON object of one exchange; redirects are not followed."""
    try:
        async with _client(issuer, url) as client:
            response = await client.send(
                client.build_request(method, url, headers=headers, content=content, timeout=_SECONDS),
                stream=True,
            )
            try:
                body = await _read(response)
            finally:
                await response.aclose()
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise ProviderProblem(f"{url} does not answer: {error!r}", problem="unreachable") from error
    except QuadrilleError as error:
        if isinstance(error, ProviderProblem):
            raise
        raise ProviderProblem(f"{url}: {error.message}") from error
    return response.status_code, _object(url, body)


def _client(issuer: str, url: str) -> httpx2.AsyncClient:
    same_origin = urlsplit(url)[:2] == urlsplit(issuer)[:2]
    if same_origin:
        return httpx2.AsyncClient(trust_env=False, follow_redirects=False)
    return http.client()


async def _read(response: httpx2.Response) -> bytes:
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > _MAX_BYTES:
            raise ProviderProblem(f"{response.url} answered with more than {_MAX_BYTES} bytes")
    return bytes(content)


def _object(url: str, body: bytes) -> dict[str, Any]:
    try:
        parsed = json.parse(body, "the answer")
    except json.NotJson as error:
        raise ProviderProblem(f"{url} did not answer with JSON") from error
    if not isinstance(parsed, dict):
        raise ProviderProblem(f"{url} did not answer with a JSON object")
    return cast(dict[str, Any], parsed)
