"""The real model, and a real inference worker in a process of its own."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backend.core import queue, redis
from backend.core.settings import settings
from backend.inference import workers
from backend.inference.engine import Engine, load
from tests.conftest import forget_settings
from tests.servers import ROOT, Valkey

WORKER = """
import asyncio, signal
from backend.inference.serve import serve_inference
async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await serve_inference(stop)
asyncio.run(main())
"""


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that keeps the converted model for the session."""
    return tmp_path_factory.mktemp("inference")


@pytest.fixture
async def engine(environment: pytest.MonkeyPatch, models: Path) -> Engine:
    environment.setenv("QUADRILLE_DATA_DIR", str(models))
    forget_settings()
    return await load()


@pytest.fixture
async def asking(environment: pytest.MonkeyPatch, models: Path, redis_url: str) -> AsyncIterator[None]:
    """A process that may ask inference workers, of which there is none yet."""
    environment.setenv("QUADRILLE_DATA_DIR", str(models))
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)
    settings.cache_clear()
    redis.client.cache_clear()  # and not the database, which another fixture may have opened
    yield
    await queue.hang_up()
    await redis.client().aclose()


@pytest.fixture(scope="session")
def shared_worker(models: Path, valkey: Valkey) -> Iterator[subprocess.Popen[bytes]]:
    """One inference worker for the session: it survives that every test empties Redis."""
    process = start_worker({"QUADRILLE_DATA_DIR": str(models), "QUADRILLE_REDIS_URL": valkey.url})
    yield process
    process.terminate()
    process.wait(timeout=120)


@pytest.fixture
async def worker(asking: None, shared_worker: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
    """A living inference worker, not to be harmed."""
    await workers.wait_for_one(300)
    return shared_worker


@pytest.fixture
async def own_worker(asking: None, valkey_alone: None) -> AsyncIterator[subprocess.Popen[bytes]]:
    """A living inference worker of this test alone."""
    process = start_worker({})
    await workers.wait_for_one(300)
    yield process
    process.terminate()
    process.wait(timeout=120)


@pytest.fixture
def valkey_alone(asking: None, tmp_path: Path, environment: pytest.MonkeyPatch) -> Iterator[None]:
    """A Valkey that no shared worker listens to."""
    server = Valkey(tmp_path)
    server.start()
    environment.setenv("QUADRILLE_REDIS_URL", server.url)
    settings.cache_clear()
    redis.client.cache_clear()
    yield
    server.stop()


def start_worker(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """An inference worker process."""
    return subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=os.environ | environment)
