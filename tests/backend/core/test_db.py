"""One transaction an edge: what commits, what does not, and what leaves after."""

import pytest

from backend.core import clock, db, ids
from backend.identity.models import Team


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
