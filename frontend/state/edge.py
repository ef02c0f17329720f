"""Where event handlers meet services: who asks, and the transaction the service works in."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from backend.core import db
from backend.core.db import Session
from backend.identity.principal import Principal
from frontend.state.session import caller


@asynccontextmanager
async def reading() -> AsyncGenerator[tuple[Session, Principal]]:
    """For handlers that show something."""
    by = caller()
    async with db.database().reading() as session:
        yield session, by


@asynccontextmanager
async def writing() -> AsyncGenerator[tuple[Session, Principal]]:
    """For handlers that change something; commits at the end."""
    by = caller()
    async with db.database().transaction() as session:
        yield session, by
