"""The identity endpoints as the product serves them, on a database of the test's own."""

import pytest
from fastapi import FastAPI

from app import problems
from backend.core import db
from backend.identity import endpoints


@pytest.fixture
def api(database: db.Database) -> FastAPI:
    """On SQLite and PostgreSQL."""
    app = FastAPI()
    problems.install(app)
    app.include_router(endpoints.router)
    return app
