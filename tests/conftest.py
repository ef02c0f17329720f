"""Fixtures that everybody uses: real databases, a real Valkey, settings of one's own."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backend.core import db, redis
from backend.core.settings import settings
from tests import forks
from tests.chaos.sizes import SIZES
from tests.servers import Postgres, Sqlite, Valkey

DATABASES = ("sqlite", "postgresql")
LONGEST_FIRST = ("e2e", "chaos", "oidc", "frontend", "security")


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much `tests/chaos` breaks, and with which luck."""
    parser.addoption("--chaos-size", default="ci", choices=list(SIZES), help="how often things are killed")
    parser.addoption("--seed", type=int, help="repeat a chaos test with the seed that it printed")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that two processes end at about the same time."""
    order = {name: place for place, name in enumerate(LONGEST_FIRST)}
    here = Path(__file__).parent
    items.sort(key=lambda item: order.get(item.path.relative_to(here).parts[0], len(order)))


@pytest.fixture(scope="session", autouse=True)
def no_forks_left() -> Iterator[None]:
    """Processes of `tests.forks` end with the session at the latest."""
    yield
    forks.end()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL cluster for the session, with a migrated template database.

    Not under pytest's own folder: every new session of pytest closes that to other users, and as root the server
    runs as another user.
    """
    folder = Path(tempfile.mkdtemp(prefix="quadrille-postgres-"))
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
async def database(database_url: str, environment: pytest.MonkeyPatch) -> AsyncIterator[db.Database]:
    """A fresh, migrated database, also the one that `db.database()` gives."""
    environment.setenv("QUADRILLE_DATABASE_URL", database_url)
    forget_settings()
    opened = db.database()
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite_database(
    sqlite: Sqlite, tmp_path: Path, environment: pytest.MonkeyPatch
) -> AsyncIterator[db.Database]:
    """Only SQLite, for tests in which the kind of database does not matter."""
    environment.setenv("QUADRILLE_DATABASE_URL", sqlite.fresh(tmp_path / "quadrille.db"))
    forget_settings()
    opened = db.database()
    yield opened
    await opened.close()


def forget_settings() -> None:
    """Let the next reader see the environment as it is now."""
    settings.cache_clear()
    db.database.cache_clear()
    redis.client.cache_clear()
