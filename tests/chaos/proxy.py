"""A TCP proxy between a worker and Redis that can be made to misbehave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, get_args

Fault = Literal["drop", "slow", "half-open", "reset"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
SLOW_SECONDS = 2.0
TURNS = 10
"""Of the event loop, more than from a connection that it has just accepted to where it is known."""


class Proxy:
    """Passes on what comes, unless a fault is set."""

    def __init__(self, target_port: int) -> None:
        self.target_port, self.port = target_port, 0
        self.fault: Fault | None = None
        self.passed = 0
        self._open: set[asyncio.StreamWriter] = set()

    def break_with(self, fault: Fault) -> None:
        """From now on; what is open is cut as well where the fault is a cut."""
        self.fault = fault
        for writer in list(self._open):
            if fault == "reset":
                writer.transport.abort()
            elif fault == "drop":
                writer.close()

    def heal(self) -> None:
        """Pass on again; what was swallowed meanwhile is gone, so those connections end."""
        self.fault = None
        for writer in list(self._open):
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.fault in ("drop", "reset"):
            writer.transport.abort()
            return
        self._open.add(writer)
        there, back = await asyncio.open_connection("127.0.0.1", self.target_port)
        self._open.add(back)
        try:
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pass(reader, back))
                ways.create_task(self._pass(there, writer))
        finally:
            self._open -= {writer, back}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                if self.fault == "slow":
                    await asyncio.sleep(SLOW_SECONDS)
                if self.fault != "half-open":
                    self.passed += len(data)
                    writer.write(data)
                    await writer.drain()
        except (ConnectionError, TimeoutError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def proxying(target_port: int) -> AsyncIterator[Proxy]:
    """The proxy, for as long as the block lasts."""
    proxy = Proxy(target_port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        for socket in server.sockets:  # a server that is closed first loses whom it has just accepted
            asyncio.get_running_loop().remove_reader(socket.fileno())
        for _ in range(TURNS):
            await asyncio.sleep(0)
        proxy.heal()
        await asyncio.sleep(0)
        server.close()
