"""A small HTTP/1.1 client: a benchmark's own client must cost next to nothing beside what it measures."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson


class Connection:
    """One kept-alive connection of a program with an API key."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        """Status and JSON of the answer."""
        return await self._ask("POST", path, orjson.dumps(body))

    async def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of the answer."""
        return await self._ask("GET", path, b"")

    async def close(self) -> None:
        """Hang up."""
        if self._streams:
            self._streams[1].close()
            await self._streams[1].wait_closed()

    async def _ask(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        head = (
            f"{method} /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nAuthorization: Bearer {self._key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        length = int(headers["content-length"])
        return int(lines[0].split(" ")[1]), orjson.loads(await reader.readexactly(length))


@asynccontextmanager
async def connections(port: int, key: str, count: int) -> AsyncIterator[list[Connection]]:
    """So many connections, closed at the end."""
    made = [Connection(port, key) for _ in range(count)]
    try:
        yield made
    finally:
        for connection in made:
            await connection.close()
