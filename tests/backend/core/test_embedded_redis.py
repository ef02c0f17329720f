"""The embedded Valkey keeps its data, is reused, adopted, and stops when told."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import psutil
import pytest

from backend.core import embedded_redis, ports, redis
from backend.core.errors import Unavailable
from tests.servers import ROOT

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("environment")]

_STARTS_AND_HANGS = """
import asyncio
from backend.core import embedded_redis
async def main():
    server = await embedded_redis.ensure_running()
    print(server.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


async def _say(*command: str) -> object:
    client = redis.client()
    try:
        return await client.execute_command(*command)
    finally:
        await client.aclose()


async def _until_number(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    async for line in stream:
        yield line
        if line.strip().isdigit():
            return


async def test_it_starts_answers_and_stops() -> None:
    async with embedded_redis.embedded() as server:
        assert server is not None
        assert await _say("PING")
        assert stat.S_IMODE(redis.address_file().stat().st_mode) == 0o600
        assert await _say("CONFIG", "GET", "maxmemory-policy") in (
            [b"maxmemory-policy", b"noeviction"],
            {b"maxmemory-policy": b"noeviction"},
        )
    assert not psutil.pid_exists(server.pid)
    assert not redis.address_file().exists()


async def test_it_refuses_strangers() -> None:
    async with embedded_redis.embedded() as server:
        assert server is not None
        port = redis.url().rpartition(":")[2]
        assert not await embedded_redis.answers(f"redis://127.0.0.1:{port}")


async def test_data_port_and_password_outlive_a_restart() -> None:
    async with embedded_redis.embedded():
        before = redis.url()
        await _say("SET", "q:kept", "yes")
    async with embedded_redis.embedded():
        assert redis.url() == before
        assert await _say("GET", "q:kept") == b"yes"


async def test_a_second_supervisor_uses_the_first_ones() -> None:
    async with embedded_redis.embedded() as first:
        assert first is not None
        assert await embedded_redis.ensure_running() is None
        assert psutil.pid_exists(first.pid)


async def test_the_server_of_a_killed_owner_is_adopted_and_stopped() -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _STARTS_AND_HANGS, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert owner.stdout is not None
    pid = int([line async for line in _until_number(owner.stdout)][-1])
    owner.kill()
    await owner.wait()
    assert psutil.pid_exists(pid)
    async with embedded_redis.embedded() as server:
        assert server is not None
        assert server.pid == pid
        assert server.process is None
    assert not embedded_redis._lives(pid)


async def test_one_whose_owner_died_before_it_told_the_address_is_adopted() -> None:
    first = await embedded_redis.ensure_running()
    assert first is not None
    first.owned_by.close()  # as the kernel does when the owner dies
    redis.address_file().unlink()
    async with embedded_redis.embedded() as server:
        assert server is not None
        assert (server.pid, server.url) == (first.pid, first.url), (
            "another one beside it writes the same files"
        )
        assert await _say("PING")
    await first.wait()


async def test_one_that_answers_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    first = await embedded_redis.ensure_running()
    assert first is not None
    first.owned_by.close()
    asked, answers = list[str](), embedded_redis.answers

    async def answered(url: str) -> bool:
        asked.append(url)
        if len(asked) == 2:
            os.kill(first.pid, signal.SIGCONT)
        return await answers(url)

    monkeypatch.setattr(embedded_redis, "answers", answered)
    os.kill(first.pid, signal.SIGSTOP)
    async with embedded_redis.embedded() as server:
        assert server is not None
        assert server.pid == first.pid
    await first.wait()


async def test_one_that_never_answers_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    first = await embedded_redis.ensure_running()
    assert first is not None
    first.owned_by.close()
    os.kill(first.pid, signal.SIGSTOP)
    came_up = embedded_redis._came_up

    async def soon_given_up(server: embedded_redis.Server) -> bool:
        with pytest.MonkeyPatch.context() as patience:
            if server.pid == first.pid:
                patience.setattr(embedded_redis, "START_SECONDS", 0.1)
            return await came_up(server)

    monkeypatch.setattr(embedded_redis, "_came_up", soon_given_up)
    async with embedded_redis.embedded() as server:
        assert await first.wait() == -signal.SIGKILL
        assert server is not None
        assert (server.pid != first.pid, server.url) == (True, first.url)


async def test_nobody_is_lent_its_port_while_it_is_away() -> None:
    async with embedded_redis.embedded() as server:
        assert server is not None
        assert (urlsplit(server.url).port or 0) < ports.lowest_lent()


async def test_its_owner_hears_of_its_death() -> None:
    server = await embedded_redis.ensure_running()
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    async with asyncio.timeout(60):
        assert await server.wait() == -signal.SIGKILL
    await server.stop()


async def test_a_damaged_file_is_set_aside(environment: pytest.MonkeyPatch) -> None:
    async with embedded_redis.embedded():
        await _say("SET", "q:lost", "yes")
        before = redis.url()
    folder = redis.address_file().parent
    written = next((folder / "appendonlydir").glob("*.incr.aof"))
    written.write_bytes(written.read_bytes() + b"*nonsense\r\n" * 20)
    redis.client.cache_clear()
    async with embedded_redis.embedded():
        assert await _say("GET", "q:lost") is None
        assert redis.url() == before, "other processes know it by its address"
    assert list(folder.glob("appendonlydir.broken-*"))


async def test_a_configured_redis_is_left_alone(redis_url: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)
    assert await embedded_redis.ensure_running() is None
    assert not redis.address_file().exists()


def test_without_any_server_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise embedded_redis.ValkeyBinaryNotFoundError("no binary for this machine")

    monkeypatch.setattr(embedded_redis, "get_binary_path", missing)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable) as raised:
        embedded_redis.binary()
    assert "QUADRILLE_REDIS_URL" in raised.value.fix


@pytest.mark.parametrize(
    ("url", "unsafe"),
    [
        ("", False),
        ("redis://127.0.0.1:6379/0", False),
        ("unix:///run/redis.sock", False),
        ("redis://redis:6379/0", True),
        ("redis://:word@redis:6379/0", False),
    ],
)
def test_an_open_redis_on_the_network_is_reported(
    url: str, unsafe: bool, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_REDIS_URL", url)
    assert bool(redis.unsafe_settings()) is unsafe
