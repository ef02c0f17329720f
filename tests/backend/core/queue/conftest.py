"""Worker processes over a real Valkey, and the journal they write."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from backend.core import queue, redis
from tests import forks
from tests.conftest import forget_settings

LEASE = 1.0


class Workers:
    """Starts worker processes and reads what their tasks did."""

    def __init__(self, folder: Path) -> None:
        self.journal = folder / "journal"
        self.journal.touch()
        self.processes: list[forks.Forked] = []

    def start(self, *, lease: float = LEASE, concurrency: int = 10) -> forks.Forked:
        given = map(str, (self.journal, "runs", lease, concurrency))
        process = forks.start(
            "tests.backend.core.queue.worker", *given, output=self.journal.with_suffix(".log")
        )
        self.processes.append(process)
        return process

    def lines(self, first: str) -> list[str]:
        """The names in lines that begin with a word, in order."""
        return [line.split()[1] for line in self.journal.read_text().splitlines() if line.split()[0] == first]

    async def until(self, condition: Callable[[], bool], *, seconds: float = 120) -> None:
        """Wait until a condition holds, and fail with the journal when it never does."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not condition():
            if asyncio.get_running_loop().time() > deadline:
                pytest.fail(f"not within {seconds} s; the journal:\n{self.journal.read_text()}")
            await asyncio.sleep(0.01)

    async def started(self, name: str) -> None:
        await self.until(lambda: name in self.lines("start"))

    async def done(self, name: str, *, seconds: float = 120) -> None:
        await self.until(lambda: name in self.lines("done"), seconds=seconds)

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def workers(tmp_path: Path, redis_url: str, environment: pytest.MonkeyPatch) -> Iterator[Workers]:
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)
    forget_settings()
    started = Workers(tmp_path)
    yield started
    started.end()


@pytest.fixture
async def sender(workers: Workers) -> AsyncIterator[queue.DurableStreamBroker]:
    """A process that only sends."""
    yield queue.DurableStreamBroker("runs", lease_seconds=LEASE)
    await queue.hang_up()
    await redis.client().aclose()
