"""A world to play in, on each kind of database."""

from collections.abc import AsyncIterator

import pytest

from backend.core import clock, db
from tests.backend.engine.clockwork import Hands
from tests.backend.engine.world import HASTY, World, opened


@pytest.fixture
async def world(database: db.Database) -> AsyncIterator[World]:
    """SQLite and PostgreSQL in turn."""
    async with opened(database) as made:
        await made.settle()
        yield made


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    """Ask for it before anything looks at the clock."""
    hands = Hands()
    monkeypatch.setattr(clock, "now", hands.now)
    return hands


@pytest.fixture
async def hasty(database: db.Database) -> AsyncIterator[World]:
    """The same, but waiting runs go to sleep at once."""
    async with opened(database, HASTY) as made:
        await made.settle()
        yield made
