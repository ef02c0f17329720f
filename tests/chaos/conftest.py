"""The installation that is going to be broken."""

import gc
import secrets
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backend.worker.conftest import house
from tests.backend.worker.house import House
from tests.chaos.sizes import SIZES, Size
from tests.conftest import forget_settings
from tests.servers import Valkey

__all__ = ["house", "own_valkey", "seed", "size"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A long night takes longer than other tests may; a short one spares whole instances the second database."""
    size = str(config.getoption("--chaos-size"))
    ours = [item for item in items if item.path.parent == Path(__file__).parent]
    for item in ours:
        item.add_marker(pytest.mark.timeout(60 * SIZES[size].minutes))
    spared = [item for item in ours if size == "ci" and _is_spared(item)]
    if spared:
        config.hook.pytest_deselected(items=spared)
        items[:] = [item for item in items if item not in spared]


def _is_spared(item: pytest.Item) -> bool:
    """`@pytest.mark.at_merge("sqlite")`: at each merge on this database, at night on both."""
    only = item.get_closest_marker("at_merge")
    return only is not None and item.callspec.params["database_url"] not in only.args  # pyright: ignore[reportAttributeAccessIssue]


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Size:
    """How often things are killed: `--chaos-size`."""
    return SIZES[str(request.config.getoption("--chaos-size"))]


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left() -> Iterator[None]:
    """What was cut off in the middle is collected here, and not in a later test that would be blamed for it."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def seed(request: pytest.FixtureRequest, loopback_allowed: None) -> int:
    """Printed, so that a failure can be looked at again with `--seed`."""
    given = request.config.getoption("--seed")
    chosen = secrets.randbits(32) if given is None else given
    print(f"seed {chosen}")
    return chosen


@pytest.fixture
def own_valkey(house: House, environment: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey that may be killed."""
    server = Valkey(tmp_path)
    server.start()
    environment.setenv("QUADRILLE_REDIS_URL", server.url)
    forget_settings()
    yield server
    server.stop()
