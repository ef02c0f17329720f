"""A real HTTP server on loopback whose answers a test writes; it remembers what it was asked."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Asked:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """What the server says."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0
    pieces: list[bytes] | None = None  # a stream, in place of the body
    pause: float = 0  # before each piece
    until: asyncio.Event | None = None  # nothing is said before
    cut: bool = False  # the connection ends before the stream does


def json_answer(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode(), {"content-type": "application/json"})


def openai_stream(*texts: str, usage: tuple[int, int] | None = (11, 3), ended: bool = True) -> Answer:
    """OpenAI's wire format: a chunk for each text, why it ended, what it cost, and a last line."""

    def chunk(choices: list[Any], **more: Any) -> bytes:
        told = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "tiny"}
        return b"data: " + json.dumps({**told, "choices": choices, **more}).encode() + b"\n\n"

    def choice(text: str, why: str | None = None) -> list[Any]:
        return [{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": why}]

    pieces = [chunk(choice(text)) for text in texts]
    if ended:
        pieces.append(chunk(choice("", "stop")))
    if ended and usage:
        counted = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
        pieces.append(chunk([], usage=counted))
    if ended:
        pieces.append(b"data: [DONE]\n\n")
    return Answer(headers={"content-type": "text/event-stream"}, pieces=pieces)


def gzipped(size: int) -> Answer:
    """A small answer that unpacks to `size` bytes."""
    return Answer(200, gzip.compress(b"a" * size), {"content-encoding": "gzip"})


TURNS = 10
"""Of the event loop, more than from the connection that it has just accepted to its talk."""


class Server:
    """What it answers is decided by `answer`, a function of the request."""

    def __init__(self, answer: Callable[[Asked], Answer]) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self.port = 0
        self._talks: set[asyncio.Task[Any]] = set()  # the event loop itself holds its tasks only weakly
        self._writers: list[asyncio.StreamWriter] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        talk = asyncio.create_task(self._talk(reader, writer))
        self._talks.add(talk)
        try:
            await asyncio.wait([talk])
            if not talk.cancelled() and (error := talk.exception()):
                raise error
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._talks.discard(talk)
            writer.close()

    async def hang_up(self) -> None:
        """End the talks that still wait for their answer, and what was not taken: nobody listens any more."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
        for talk in self._talks:
            talk.cancel()
        while self._talks:
            await asyncio.sleep(0)
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(method, path, headers, body)
        self.asked.append(asked)
        answer = self.answer(asked)
        await asyncio.sleep(answer.delay)
        if answer.until is not None:
            await answer.until.wait()
        streamed = answer.pieces is not None
        length = "transfer-encoding: chunked" if streamed else f"content-length: {len(answer.body)}"
        lines = [f"HTTP/1.1 {answer.status} Said", length, "connection: close"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + answer.body)
        for piece in answer.pieces or ():
            await writer.drain()
            await asyncio.sleep(answer.pause)
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        if streamed and not answer.cut:
            writer.write(b"0\r\n\r\n")
        await writer.drain()


@asynccontextmanager
async def serving(answer: Callable[[Asked], Answer]) -> AsyncIterator[Server]:
    """The server, for as long as the block lasts."""
    server = Server(answer)
    listening = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        for socket in listening.sockets:  # a server that is closed first loses whom it has just accepted
            asyncio.get_running_loop().remove_reader(socket.fileno())
        await server.hang_up()
        listening.close()
