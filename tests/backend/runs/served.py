"""The guarded API behind a real server on a real port, and a program that may use it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from websockets.asyncio.client import ClientConnection, connect

from app.api import api
from app.guard import Guard
from backend.core import db
from backend.identity import keys, standing
from backend.identity.permissions import Role
from backend.identity.principal import Principal
from backend.runs import hub
from tests.servers import free_port, wait_for_port


@dataclass(frozen=True)
class Caller:
    """A program with an API key of a person."""

    port: int
    key: str
    http: httpx2.AsyncClient

    def socket(self, path: str) -> connect:
        """A websocket under the API."""
        headers = {"Authorization": f"Bearer {self.key}"}
        address = f"ws://127.0.0.1:{self.port}/api/v1{path}"
        return connect(address, additional_headers=headers, open_timeout=120)


Socket = ClientConnection


@asynccontextmanager
async def serving() -> AsyncIterator[int]:
    """Serve until left; the port."""
    hub.hub.cache_clear()
    standing.notices.cache_clear()
    port = free_port()
    quiet = LogLevels.critical
    server = Server(Guard(api()), port=port, interface=Interfaces.ASGINL, log_level=quiet)
    async with hub.serving(), standing.listening(), asyncio.TaskGroup() as tasks:
        working = tasks.create_task(server.serve())
        await asyncio.to_thread(wait_for_port, port)
        yield port
        server.stop()
        await working


@asynccontextmanager
async def calling(port: int, by: Principal, *roles: Role) -> AsyncIterator[Caller]:
    """A program that acts with all roles of this person, or with these."""
    async with db.database().transaction() as session:
        _, key = await keys.create(session, by, name="tests", roles=roles or by.roles)
    headers = {"Authorization": f"Bearer {key}"}
    base = f"http://127.0.0.1:{port}/api/v1"
    async with httpx2.AsyncClient(base_url=base, headers=headers, timeout=60) as http:
        yield Caller(port, key, http)
