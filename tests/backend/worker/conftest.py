"""The installation in which worker tests play."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backend.core import db, redis
from tests.backend.inference.conftest import models, shared_worker
from tests.backend.worker.house import House
from tests.conftest import forget_settings

__all__ = ["house", "models", "shared_worker"]


@pytest.fixture
async def house(
    database: db.Database, redis_url: str, environment: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[House]:
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)
    environment.setenv("QUADRILLE_LEASE_SECONDS", "15")
    environment.setenv("QUADRILLE_API_RATE_PER_MINUTE", "0")  # who waits for a slow machine asks often
    forget_settings()
    built = House(tmp_path)
    yield built
    built.close()
    await redis.client().aclose()
    await db.database().close()
