"""Speaks REST with a running Quadrille: a key from the environment, or a short-lived one made in the local database."""

import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, BinaryIO, cast

import httpx2
import orjson

from app import migrations
from backend.core import db
from backend.core.errors import Problem, QuadrilleError, SignInNeeded, Unavailable
from backend.core.settings import settings
from backend.identity import keys, local


class Refused(QuadrilleError):
    """The server answered with a problem; its own words are shown."""

    code, title = "refused", "Refused"


class NoOwnerYet(SignInNeeded):
    """Nobody has used the one-time link."""

    title = "Nobody is here"

    def __init__(
        self, then: str = "run this again, or set QUADRILLE_API_KEY for another installation"
    ) -> None:
        super().__init__(
            "This installation has no owner yet, so there is nobody to act for.",
            fix=f"Open the one-time link that `make run` prints and create the first account; then {then}.",
        )


class Api:
    """The REST interface with the caller's key; every answer that is a problem becomes Refused."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def call(self, method: str, path: str, **more: Any) -> Any:
        """One request under `/api/v1`; the parsed body, or text where it is not JSON."""
        try:
            answer = await self._client.request(method, f"/api/v1{path}", **more)
        except httpx2.ConnectError as error:
            raise Unavailable(
                f"Nothing answers at {self._client.base_url}.",
                fix="Start Quadrille with `make run`, or set QUADRILLE_PUBLIC_URL to where it is.",
            ) from error
        _raise_for(answer)
        kind = answer.headers.get("content-type", "")
        return orjson.loads(answer.content) if answer.content and "json" in kind else answer.text

    async def save(self, path: str, file: BinaryIO) -> None:
        """Write what is at the address to a file, as it comes."""
        async with self._client.stream("GET", f"/api/v1{path}") as answer:
            if not answer.is_success:
                await answer.aread()
            _raise_for(answer)
            async for part in answer.aiter_bytes():
                file.write(part)

    async def events(self, run_id: str, after: int = 0) -> AsyncIterator[dict[str, Any]]:
        """The events of a run, as they happen, until its end; reconnects where it left off."""
        while True:
            path = f"/api/v1/runs/{run_id}/events?after={after}"
            try:
                async with self._client.stream(
                    "GET", path, headers={"Accept": "text/event-stream"}
                ) as answer:
                    async for line in answer.aiter_lines():
                        if not line.startswith("data:"):
                            continue
                        event = orjson.loads(line.removeprefix("data:"))
                        after = event.get("seq") or after
                        yield event
                        if event["kind"] in {"run.succeeded", "run.failed", "run.cancelled"}:
                            return
            except httpx2.TransportError:
                await self.call("GET", f"/runs/{run_id}")  # raises with a fix when the server is gone


@asynccontextmanager
async def api() -> AsyncGenerator[Api]:
    """A client for `QUADRILLE_PUBLIC_URL`, with `QUADRILLE_API_KEY` or, on the server's own machine, a key for now."""
    async with _key() as key:
        headers = {"Authorization": f"Bearer {key}"}
        timeout = httpx2.Timeout(30, read=330)
        base = settings().resolved_public_url()
        async with httpx2.AsyncClient(
            base_url=base, headers=headers, timeout=timeout, trust_env=False
        ) as client:
            yield Api(client)


@asynccontextmanager
async def _key() -> AsyncGenerator[str]:
    given = settings().api_key.get_secret_value()
    if given:
        yield given
        return
    await require_installation()
    async with db.database().transaction() as session:
        owner = await local.owner(session)
        if owner is None:
            raise NoOwnerYet()
        row, text = await keys.create(
            session, owner, name=f"CLI on {socket.gethostname()}", roles=owner.roles, days=1
        )
    try:
        yield text
    finally:
        async with db.database().transaction() as session:
            await keys.revoke(session, owner, row.id)


async def require_installation() -> None:
    """Raise Unavailable unless the settings lead to a migrated database."""
    if _has_database() and await migrations.current() == migrations.newest():
        return
    raise Unavailable(
        f"There is no running Quadrille with its data in {settings().data_dir.resolve()}.",
        fix="Start it with `make run`, or set QUADRILLE_DATA_DIR, "
        "or QUADRILLE_PUBLIC_URL and QUADRILLE_API_KEY for one elsewhere.",
    )


def _has_database() -> bool:
    return bool(settings().database_url) or (settings().data_dir / "quadrille.db").exists()


def _raise_for(answer: httpx2.Response) -> None:
    if answer.is_success:
        return
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        body = {"detail": f"The server answered {answer.status_code}."}
    problems = [Problem(**p) for p in cast(list[dict[str, Any]], body.get("problems", []))]
    listed = "".join(f"\n  • {p.place} {p.message} {p.fix}".rstrip() for p in problems)
    words = str(body.get("detail") or body.get("title") or answer.status_code)
    raise Refused(words + listed, fix=str(body.get("fix", "")))
