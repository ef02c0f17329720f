"""Of many who insert the same key at once, one wins."""

import asyncio

import pytest

from backend.core import clock, db, ids, once
from backend.identity.models import Account, Team


@pytest.mark.db
async def test_of_many_rivals_one_wins(database: db.Database) -> None:
    team = Team(id=ids.new("team"), name="T", created_at=clock.now())
    async with database.transaction() as session:
        session.add(team)

    async def rival(number: int) -> bool:
        async with database.transaction() as session:
            row = Account(
                id=ids.new("acct"),
                team_id=team.id,
                email="one@x.org",
                name=str(number),
                created_at=clock.now(),
            )
            return await once.insert(session, row, unique=("email",))

    assert sorted(await asyncio.gather(*(rival(n) for n in range(10)))) == [False] * 9 + [True]
