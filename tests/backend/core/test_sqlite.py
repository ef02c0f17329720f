"""SQLite behind the async engine: what is quick stays on the loop, what is not leaves it, and locks are waited for."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from backend.core import clock, db, ids, sqlite
from backend.identity.models import Team

pytestmark = pytest.mark.db
COUNTED = "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {}) SELECT i FROM n)"


def team() -> Team:
    return Team(id=ids.new("team"), name="t", created_at=clock.now())


async def written_into(database: db.Database) -> None:
    async with database.transaction() as session:
        session.add(team())


async def number(session: db.Session, statement: str) -> int:
    return (await (await session.connection()).execute(text(statement))).scalar_one()


async def visits_of(connection: sqlite.Connection, statement: str) -> int:
    """How often the thread was visited for a statement."""
    visits, execute = 0, connection._execute

    async def counted(*given: object) -> object:
        nonlocal visits
        visits += 1
        return await execute(*given)

    connection._execute = counted  # pyright: ignore[reportAttributeAccessIssue]
    try:
        await connection.cursor().execute(statement)
    finally:
        del connection._execute
    return visits


async def test_only_what_is_quick_is_done_on_the_loop(tmp_path: Path) -> None:
    connection = sqlite.Connection(str(tmp_path / "some.db"))
    await connection
    assert await visits_of(connection, "CREATE TABLE t (a)") == 1
    assert await visits_of(connection, "BEGIN IMMEDIATE") == 0
    assert await visits_of(connection, "INSERT INTO t VALUES (1)") == 0
    assert await visits_of(connection, "INSERT INTO t SELECT a + 1 FROM t") == 1
    assert await visits_of(connection, "UPDATE t SET a = a + 1") == 1
    assert await visits_of(connection, "SELECT * FROM t") == 0
    await connection.rollback()
    await connection.close()


async def test_a_begin_on_the_loop_is_never_broken_off_once_it_has_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "QUICK_SECONDS", -1.0)  # whenever SQLite looks at the clock, it is too late
    connection = sqlite.Connection(str(tmp_path / "some.db"))
    await connection
    for _ in range(1000):  # SQLite looks once in so many steps of a statement, counted over all its uses
        await connection.cursor().execute("BEGIN IMMEDIATE")
        await connection.rollback()
    await connection.close()


async def test_a_long_look_leaves_the_loop_and_its_transaction_stands(sqlite_database: db.Database) -> None:
    turns, written = 0, team()

    async def watch() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with sqlite_database.transaction() as session:
        session.add(written)
        await session.flush()
        watching = asyncio.ensure_future(watch())
        assert await number(session, COUNTED.format(5_000_000)) == 5_000_000
        watching.cancel()
    assert turns > 100, "the loop goes on while the look lasts"
    async with sqlite_database.reading() as session:
        assert await session.get(Team, written.id)


async def test_a_lock_of_another_process_is_waited_for(sqlite_database: db.Database) -> None:
    url = sqlite_database.url
    other = db.Database(url)  # its connections know nothing of the first one's turns

    async with sqlite_database.transaction() as session:
        session.add(team())
        await session.flush()
        writing = asyncio.ensure_future(written_into(other))
        await asyncio.sleep(0.1)
        assert not writing.done()
    await writing
    async with other.reading() as session:
        assert await number(session, "SELECT count(*) FROM team") == 2
    await other.close()


async def test_a_lock_is_not_waited_for_for_ever(
    sqlite_database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "LOCK_SECONDS", 0.2)
    holder = sqlite3.connect(sqlite_database.url.partition("///")[2], isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        async with sqlite_database.transaction() as session:
            session.add(team())
    holder.execute("ROLLBACK")
    holder.close()
    async with sqlite_database.transaction() as session:
        session.add(team())


async def test_two_transactions_inside_each_other_end_with_an_error_and_not_never(
    sqlite_database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "LOCK_SECONDS", 0.1)
    with pytest.raises(OperationalError, match="locked"):
        async with sqlite_database.transaction() as outer, sqlite_database.transaction() as inner:
            outer.add(team())
            await outer.flush()
            inner.add(team())
            await inner.flush()
    async with sqlite_database.transaction() as session:
        session.add(team())


async def test_who_gives_up_waiting_leaves_no_lock_behind(sqlite_database: db.Database) -> None:
    other = db.Database(sqlite_database.url)

    async with sqlite_database.transaction() as session:
        session.add(team())
        await session.flush()
        writing = asyncio.ensure_future(written_into(other))
        await asyncio.sleep(0.05)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
    for database in (sqlite_database, other):
        async with asyncio.timeout(60), database.transaction() as session:
            session.add(team())
    await other.close()


async def test_a_transaction_takes_its_turn_when_it_writes_and_not_when_it_is_opened(
    sqlite_database: db.Database,
) -> None:
    """A request opens its session before another part of it notes, for example, that its key was used."""
    async with sqlite_database.transaction() as opened:
        async with asyncio.timeout(60), sqlite_database.transaction() as session:
            session.add(team())
        opened.add(team())
    async with sqlite_database.reading() as session:
        assert await number(session, "SELECT count(*) FROM team") == 2


async def test_who_is_cut_off_while_connecting_leaves_no_thread_to_answer_a_loop_that_is_over(
    sqlite_database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is slow, and the test ends meanwhile."""
    connecting, plain = asyncio.Event(), sqlite.patiently
    loop = asyncio.get_running_loop()

    def slowly(work: Callable[[], Any], *visit: Any) -> Any:
        if not connecting.is_set():
            loop.call_soon_threadsafe(connecting.set)
        time.sleep(0.2)
        return plain(work, *visit)

    monkeypatch.setattr(sqlite, "patiently", slowly)
    async with asyncio.timeout(60):
        looking = asyncio.ensure_future(look_once(sqlite_database))
        await connecting.wait()
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking


async def look_once(database: db.Database) -> None:
    async with database.reading() as session:
        await number(session, "SELECT 1")
