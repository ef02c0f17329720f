"""The whole API on databases of the test's own, and two teams to cross between."""

from collections.abc import AsyncIterator

import pytest

from backend.core import db, redis
from tests.conftest import forget_settings


@pytest.fixture
async def house(
    database: db.Database, redis_url: str, environment: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    """A database and a Valkey."""
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)
    forget_settings()
    yield
    await redis.client().aclose()
    await db.database().close()
