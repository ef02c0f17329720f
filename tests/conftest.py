"""Fixtures that everybody uses: real databases, a real Valkey, settings of one's own."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from subprocess import DEVNULL

import pytest

from backend.core import db, redis
from backend.core.settings import settings
from backend.inference import breakers
from tests import connections, forks
from tests.chaos.sizes import SIZES
from tests.servers import ROOT, Postgres, Sqlite, Valkey

DATABASES = ("sqlite", "postgresql")
_ROOM = 2 * 1024**3
LONGEST_FIRST = ("chaos", "e2e", "oidc", "frontend", "security")


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much `tests/chaos` breaks, and with which luck."""
    parser.addoption("--chaos-size", default="ci", choices=list(SIZES), help="how often things are killed")
    parser.addoption("--seed", type=int, help="repeat a chaos test with the seed that it printed")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that the processes end at about the same time."""
    order = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: order.get(_folder(item), len(order)))


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]


@pytest.fixture(scope="session", autouse=True)
def pages_are_built_meanwhile(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where a browser is to come, one of the processes lets the pages be built while others play what needs none.

    Whoever needs them waits for this build; its failure is told by the instance that tries again.
    """
    first = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"
    if not first or not any(_folder(item) == "e2e" for item in request.session.items):
        yield
        return
    with subprocess.Popen([sys.executable, "-m", "app.build"], cwd=ROOT, stdout=DEVNULL, stderr=DEVNULL):
        yield


@pytest.fixture(scope="session", autouse=True)
def no_forks_left() -> Iterator[None]:
    """Processes of `tests.forks` end with the session at the latest."""
    yield
    forks.end()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL cluster for the session, with a migrated template database.

    Not under pytest's own folder: every new session of pytest closes that to other users, and as root the server
    runs as another user. In memory where there is room: each test copies a database of 300 files.
    """
    folder = Path(tempfile.mkdtemp(prefix="quadrille-postgres-", dir=_quickest_folder()))
    server = Postgres(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    """A migrated SQLite file to copy from."""
    return Sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """One Valkey for the session; each test that asks for `redis_url` finds it empty."""
    server = Valkey(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.stop()


def _quickest_folder() -> Path | None:
    memory = Path("/dev/shm")  # noqa: S108 - a folder with a random name is made in it
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM
    return memory if roomy else None


_FORGOTTEN: list[db.Database] = []
"""Opened, and not closed before another one took its place."""


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated database; the test runs once on each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite").fresh(tmp_path / "quadrille.db")
        return
    server = request.getfixturevalue("postgres")
    url = server.fresh()
    yield url
    server.drop(url)


@pytest.fixture
def redis_url(valkey: Valkey) -> str:
    """The address of an empty Valkey."""
    valkey.flush()
    return valkey.url


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Settings of this test alone: set variables on what it gives, before anything reads them."""
    monkeypatch.setenv("QUADRILLE_ENV", "test")
    monkeypatch.setenv("QUADRILLE_DATA_DIR", str(tmp_path / "data"))
    forget_settings()
    yield monkeypatch
    forget_settings()


@pytest.fixture
def loopback_allowed(environment: pytest.MonkeyPatch) -> None:
    """Steps may call servers of this machine."""
    environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
    settings.cache_clear()


@pytest.fixture
async def database(database_url: str, environment: pytest.MonkeyPatch) -> AsyncIterator[db.Database]:
    """A fresh, migrated database, also the one that `db.database()` gives."""
    environment.setenv("QUADRILLE_DATABASE_URL", database_url)
    forget_settings()
    _FORGOTTEN.clear()  # those of before have had their end, in loops that are over
    opened = db.database()
    yield opened
    await _close_all(opened)


@pytest.fixture
async def sqlite_database(
    sqlite: Sqlite, tmp_path: Path, environment: pytest.MonkeyPatch
) -> AsyncIterator[db.Database]:
    """Only SQLite, for tests in which the kind of database does not matter."""
    environment.setenv("QUADRILLE_DATABASE_URL", sqlite.fresh(tmp_path / "quadrille.db"))
    forget_settings()
    _FORGOTTEN.clear()  # those of before have had their end, in loops that are over
    opened = db.database()
    yield opened
    await _close_all(opened)


async def _close_all(opened: db.Database) -> None:
    """Also those that were opened since, each time that somebody forgot the settings."""
    for one in {opened, db.database(), *_FORGOTTEN}:
        await one.close()
    _FORGOTTEN.clear()
    await connections.cut()


def forget_settings() -> None:
    """Let the next reader see the environment as it is now."""
    if db.database.cache_info().currsize:
        _FORGOTTEN.append(db.database())
    settings.cache_clear()
    db.database.cache_clear()
    redis.client.cache_clear()
    breakers.store.cache_clear()
