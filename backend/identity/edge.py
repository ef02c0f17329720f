"""Who is asking over HTTP and sockets, and the database session an endpoint works in.

Endpoints take `by: CurrentPrincipal` and `session: ReadSession` or `session: WriteSession`; a WriteSession
commits before the response leaves, so that an answer of success always tells of something durable.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Request, WebSocket
from starlette.requests import HTTPConnection

from backend.core import db
from backend.core.errors import Invalid, SignInNeeded
from backend.core.together import Together
from backend.identity import cookies, csrf, keys, limiter, sessions
from backend.identity.principal import Principal

_BEARER = "bearer "


async def principal_of_cookie(session_token: str) -> Principal | None:
    """Who carries this session token; notes at intervals that they were seen."""
    found = await browser_of(session_token)
    return found.principal if found else None


async def browser_of(session_token: str) -> sessions.Found | None:
    """As `principal_of_cookie`, with what only the person themselves may see."""
    async with db.database().reading() as session:
        found = await sessions.find(session, session_token)
    if found and found.seen_long_ago:
        async with db.database().transaction() as session:
            await sessions.touch(session, found.principal)
    return found


async def principal_of_key(text: str) -> Principal | None:
    """Who an API key speaks for; raises TooMany when the key is used more often than allowed."""
    found = await _key(text)
    if found is None:
        return None
    await limiter.require("key", found.principal.credential_id)
    if found.used_long_ago:
        async with db.database().transaction() as session:
            await keys.touch(session, found.principal)
    return found.principal


async def principal_of_socket(websocket: WebSocket) -> Principal | None:
    """Who opens a socket: a program with a key, or a page of ours with its session; else nobody."""
    if (key := _bearer(websocket.headers.get("authorization", ""))) is not None:
        return await principal_of_key(key)
    if not csrf.own_origin(websocket.headers.get("origin")):
        return None
    return await principal_of_cookie(cookies.session_token(websocket.cookies))


async def principal_again(connection: HTTPConnection) -> Principal | None:
    """Who a connection that was let in belongs to now. Not a use: it neither counts nor keeps a session alive."""
    if (key := _bearer(connection.headers.get("authorization", ""))) is not None:
        found = await _key(key)
        return found.principal if found else None
    async with db.database().reading() as session:
        browser = await sessions.find(session, cookies.session_token(connection.cookies))
    return browser.principal if browser else None


async def _key(text: str) -> keys.Found | None:
    return await _looks.ask(text)


async def _find_keys(texts: Sequence[str]) -> Sequence[keys.Found | None]:
    """Keys that are shown at the same moment are looked up together, and the same one once."""
    async with db.database().reading() as session:
        found = {text: await keys.find(session, text) for text in set(texts)}
    return [found[text] for text in texts]


_looks = Together[str, keys.Found | None](_find_keys)


async def _caller(request: Request) -> Principal | None:
    """Looked up once a request, and before it takes a connection to write: who holds one must never wait for another."""
    _require_storable(request)
    if (key := _bearer(request.headers.get("authorization", ""))) is not None:
        return await principal_of_key(key)
    return await principal_of_cookie(cookies.session_token(request.cookies))


Caller = Annotated[Principal | None, Depends(_caller)]


async def _principal(request: Request, caller: Caller) -> Principal:
    return _checked(request, caller, upload=False)


async def _uploader(request: Request, caller: Caller) -> Principal:
    return _checked(request, caller, upload=True)


def _checked(request: Request, by: Principal | None, *, upload: bool) -> Principal:
    if _bearer(request.headers.get("authorization", "")) is not None:
        if by is None:
            raise SignInNeeded(
                "The API key is unknown, expired or revoked.", fix="Make a new key in Settings."
            )
        return by
    token = cookies.session_token(request.cookies)
    if by is None:
        raise SignInNeeded("You are not signed in.", fix="Sign in, or send an API key as a Bearer token.")
    if request.method not in csrf.SAFE_METHODS:
        csrf.require_own_page(request)
        csrf.require_header(request, token)
        csrf.require_plain_type(request, upload=upload)
    return by


def _require_storable(request: Request) -> None:
    """No id holds a NUL, and PostgreSQL fails on one: refuse it before any query."""
    if "\0" in request.url.path or "\0" in unquote(request.scope["path"]) or "%00" in request.url.query:
        raise Invalid("The address holds a NUL character.", fix="Remove %00 from the address.")


def _bearer(header: str) -> str | None:
    return header[len(_BEARER) :].strip() if header[: len(_BEARER)].lower() == _BEARER else None


async def _reading() -> AsyncGenerator[db.Session]:
    async with db.database().reading() as session:
        yield session


async def _writing(_caller_first: Caller) -> AsyncGenerator[db.Session]:
    async with db.database().transaction() as session:
        yield session


CurrentPrincipal = Annotated[Principal, Depends(_principal)]
# For the routes that take files: the only ones where a multipart body is accepted with a cookie.
UploadPrincipal = Annotated[Principal, Depends(_uploader)]
ReadSession = Annotated[db.Session, Depends(_reading, scope="function")]
# `scope="function"` ends the dependency, and so commits, before the response is sent.
WriteSession = Annotated[db.Session, Depends(_writing, scope="function")]
