"""Expressions are tried one after the other for each person, and for two people at once."""

import asyncio

import pytest

from backend.core.errors import TooMany
from backend.nodes import turns


async def test_one_at_a_time_for_each_and_not_without_end() -> None:
    done, began = asyncio.Event(), list[str]()

    async def tried(account: str) -> None:
        async with turns.of(account):
            began.append(account)
            await done.wait()

    mine = [asyncio.create_task(tried("ada")) for _ in range(turns.MOST_WAITING + 1)]
    other = asyncio.create_task(tried("grace"))
    while len(began) < 2:
        await asyncio.sleep(0)
    assert sorted(began) == ["ada", "grace"]
    with pytest.raises(TooMany):
        async with turns.of("ada"):
            pass
    done.set()
    await asyncio.gather(*mine, other)
    assert len(began) == turns.MOST_WAITING + 2
    async with turns.of("ada"):
        pass
    assert not turns._lines, "nothing is kept of who has gone"
