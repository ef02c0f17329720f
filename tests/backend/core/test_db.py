"""One transaction an edge: what commits, what does not, and what leaves after."""

import pytest
from sqlalchemy import text

from backend.core import clock, db, ids
from backend.identity.models import Team

PID = "SELECT pg_backend_pid()"
CUT = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def asked(session: db.Session, statement: str) -> int:
    """The one number that a statement gives."""
    return (await (await session.connection()).execute(text(statement))).scalar_one()


def team() -> Team:
    return Team(id=ids.new("team"), name="Ünïcode ☃ team", created_at=clock.now())


@pytest.mark.db
async def test_a_transaction_commits_then_lets_work_leave(database: db.Database) -> None:
    left: list[str] = []
    written = team()

    async def leave() -> None:
        left.append("gone")

    async with database.transaction() as session:
        session.add(written)
        db.after_commit(session, leave)
        assert left == []
    assert left == ["gone"]
    async with database.reading() as session:
        read = await session.get(Team, written.id)
    assert read is not None
    assert (read.name, read.created_at) == (written.name, written.created_at)


@pytest.mark.db
async def test_an_error_rolls_back_and_nothing_leaves(database: db.Database) -> None:
    left: list[str] = []
    written = team()

    async def leave() -> None:
        left.append("gone")

    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as session:
            session.add(written)
            db.after_commit(session, leave)
            await session.flush()
            raise ZeroDivisionError
    async with database.reading() as session:
        assert await session.get(Team, written.id) is None
    assert left == []


@pytest.mark.db
async def test_connections_that_the_server_has_cut_cost_nobody_an_error(database: db.Database) -> None:
    """A restart of PostgreSQL, or a proxy that ends what is quiet, leaves the pool full of dead connections."""
    if database.is_sqlite:
        pytest.skip("SQLite has no connection to lose")
    async with database.reading() as one, database.reading() as other:
        mine = await asked(one, PID)
        assert await asked(other, PID) != mine
    cutter = db.Database(database.url)
    async with cutter.reading() as session:
        assert await asked(session, CUT) >= 2
    await cutter.close()
    async with database.transaction() as session:
        session.add(team())
    async with database.reading() as session:
        assert await asked(session, PID) != mine
