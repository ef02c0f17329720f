"""Serves the backend half of a Reflex app in a process of its own, without building any page."""

import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from backend.core import db, redis
from tests import conftest
from tests.servers import ROOT, Sqlite, Valkey, free_port, wait_for_port


@contextmanager
def backend(target: str, folder: Path, sqlite: Sqlite, valkey: Valkey) -> Generator[dict[str, str]]:
    """The settings that it runs with, and its `url`."""
    port = free_port()
    own = {
        "QUADRILLE_ENV": "test",
        "QUADRILLE_DATA_DIR": str(folder),
        "QUADRILLE_PORT": str(port),
        "QUADRILLE_DATABASE_URL": sqlite.fresh(folder / "gate.db"),
        "QUADRILLE_REDIS_URL": valkey.url,
    }
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "asgi",
        "--factory",
        "--port",
        str(port),
        target,
    ]
    # The name that Reflex gives to the variable behind `environment.REFLEX_SKIP_COMPILE`.
    environment = os.environ | own | {"__REFLEX_SKIP_COMPILE": "true"}
    with (folder / "log").open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_for_port(port, seconds=150)
        yield own | {"url": f"http://127.0.0.1:{port}", "log": str(folder / "log")}
    finally:
        process.terminate()
        process.wait(timeout=120)


@asynccontextmanager
async def beside(served: dict[str, str], environment: pytest.MonkeyPatch) -> AsyncGenerator[str]:
    """Let this process use the same database and Redis; the backend's address."""
    for name, value in served.items():
        if name.startswith("QUADRILLE_"):
            environment.setenv(name, value)
    conftest.forget_settings()
    yield served["url"]
    await db.database().close()
    await redis.client().aclose()
