"""The server of the tests leaves no connection open, wherever it is left and whoever does not listen."""

import asyncio
import gc
import socket

import pytest

from tests.http_server import Answer, serving


@pytest.mark.parametrize("turns", range(9))
@pytest.mark.parametrize("answer", [Answer(delay=600), Answer(body=b"x" * 10_000_000)], ids=["slow", "large"])
def test_no_connection_is_left_when_it_ends(answer: Answer, turns: int) -> None:
    """Python would tell of it whenever it collects it, in whichever test runs then."""

    async def ask() -> socket.socket:
        async with serving(lambda _: answer) as server:
            client = socket.create_connection(("127.0.0.1", server.port))
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            for _ in range(turns):
                await asyncio.sleep(0)
        return client

    with asyncio.Runner() as runner:
        client = runner.run(ask())
    gc.collect()
    client.close()
