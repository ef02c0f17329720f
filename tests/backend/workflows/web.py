"""Web processes of their own, and clients that speak y-websocket with them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pycrdt
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app import problems
from backend.identity import cookies
from backend.workflows import document, endpoints, protocol
from backend.workflows.diagram import Diagram
from backend.workflows.protocol import Reader
from tests.backend.identity import people
from tests.servers import ROOT, free_port, wait_for_port

PUBLIC_URL = "http://quadrille.test"


def api() -> FastAPI:
    """The part of the API that these tests need: it starts in a fraction of the whole's time."""
    app = FastAPI()
    problems.install(app)
    app.include_router(endpoints.router)
    return app


class Web:
    """One web process on a database, with the API and nothing of Reflex."""

    def __init__(self, database_url: str, redis_url: str, data_dir: str) -> None:
        self.port = 0
        self.env = os.environ | {
            "QUADRILLE_ENV": "test",
            "QUADRILLE_DATABASE_URL": database_url,
            "QUADRILLE_REDIS_URL": redis_url,
            "QUADRILLE_DATA_DIR": data_dir,
            "QUADRILLE_PUBLIC_URL": PUBLIC_URL,
            "QUADRILLE_SMTP_URL": "smtp://127.0.0.1:1",  # letters are written; a worker would send them
            "QUADRILLE_MAIL_FROM": "quadrille@example.com",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.process and self.process.poll() is None:
            return
        self.port = free_port()
        command = [
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "asginl",
            "--factory",
            "tests.backend.workflows.web:api",
        ]
        self.process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(self.port), "--log-level", "warning"],
            env=self.env,
            cwd=ROOT,
            start_new_session=True,
        )
        wait_for_port(self.port)

    def kill(self) -> None:
        """As when the power goes: the whole group at once."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, 9)
            self.process.wait()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


class Editor:
    """What y-websocket does, in Python: keeps a document the same as the room's."""

    def __init__(self, socket: ClientConnection, doc: "pycrdt.Doc[Any] | None" = None) -> None:
        self.socket = socket
        self.doc: pycrdt.Doc[Any] = doc or pycrdt.Doc()
        self.refusals: list[str] = []
        self.people: dict[int, str] = {}
        self.synced = asyncio.Event()
        self.closed: tuple[int, str] | None = None
        self._heard = asyncio.Condition()
        self._outbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._barriers: dict[int, asyncio.Event] = {}
        self._from_room = False
        self._subscription = self.doc.observe(self._changed)

    def _changed(self, event: pycrdt.TransactionEvent) -> None:
        if not self._from_room:
            self._outbox.put_nowait(protocol.sync("update", event.update))

    def send(self, frame: bytes) -> None:
        self._outbox.put_nowait(frame)

    async def run(self) -> None:
        self.send(protocol.sync("step1", self.doc.get_state()))
        async with asyncio.TaskGroup() as group:
            writer = group.create_task(self._write())
            try:
                async for frame in self.socket:
                    assert isinstance(frame, bytes)
                    await self._hear(frame)
            except ConnectionClosed:
                pass
            async with self._heard:
                self.closed = (self.socket.close_code or 0, self.socket.close_reason or "")
                self._heard.notify_all()
            writer.cancel()

    async def durable(self) -> None:
        """Return once everything drawn so far is in the database."""
        number = len(self._barriers)
        self._barriers[number] = asyncio.Event()
        self.send(protocol.barrier(number))
        async with asyncio.timeout(60):
            await self._barriers[number].wait()

    async def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Return as soon as the condition holds after something was heard."""
        async with asyncio.timeout(seconds), self._heard:
            await self._heard.wait_for(condition)

    @property
    def diagram(self) -> Diagram:
        return document.read(self.doc).diagram

    @property
    def nodes(self) -> "pycrdt.Map[Any]":
        return self.doc.get("nodes", type=pycrdt.Map)

    async def _write(self) -> None:
        while True:
            frame = await self._outbox.get()
            try:
                await self.socket.send(frame)
            except ConnectionClosed:
                return

    async def _hear(self, data: bytes) -> None:
        reader = Reader(data)
        kind = reader.number()
        if kind == protocol.SYNC:
            self._sync(reader.number(), reader.bytes_())
        elif kind == protocol.AWARENESS:
            states = Reader(reader.bytes_())
            for _ in range(states.number()):
                client_id, _clock = states.number(), states.number()
                self.people[client_id] = states.bytes_().decode()
        elif kind == protocol.AUTH:
            reader.number()
            self.refusals.append(reader.bytes_().decode())
        elif kind == protocol.BARRIER:
            self._barriers[reader.number()].set()
        async with self._heard:
            self._heard.notify_all()

    def _sync(self, word: int, body: bytes) -> None:
        if word == 0:
            self.send(protocol.sync("step2", self.doc.get_update(body)))
            return
        self._from_room = True
        if body != b"\x00\x00":
            self.doc.apply_update(body)
        self._from_room = False
        if word == 1:
            self.synced.set()


@asynccontextmanager
async def editor(
    web: Web, someone: people.Person, workflow: str, doc: "pycrdt.Doc[Any] | None" = None
) -> AsyncIterator[Editor]:
    """A signed-in person with the draft open."""
    token = await people.session_token(someone)
    cookie = {"Cookie": f"{cookies.session_name()}={token}"}
    url = f"ws://{web.address}/api/v1/workflows/{workflow}/draft"
    options: Any = {"additional_headers": cookie, "origin": PUBLIC_URL, "max_size": None, "open_timeout": 120}
    async with connect(url, **options) as socket:
        opened = Editor(socket, doc)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(opened.run())
            try:
                yield opened
            finally:
                await socket.close()
                await running
