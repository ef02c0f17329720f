"""A team's databases can be read and nothing else, whatever the statement tries."""

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from backend.core import databases
from backend.core.databases import (
    AddressWrong,
    Asked,
    DatabaseAway,
    DatabaseError,
    RoleTooMighty,
    StatementFailed,
    StatementRefused,
    sqlite,
)
from backend.core.http_guard import AddressRefused
from tests.conftest import forget_settings
from tests.servers import Postgres

TEAM = "team_1"
MAKE = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, total NUMERIC(10, 2))"
FILL = "INSERT INTO orders VALUES (1, 'Ada', 19.99), (2, 'Bob', 5.00), (3, 'Ada', 1.01)"


@pytest.fixture
def file(environment: pytest.MonkeyPatch) -> Path:
    path = sqlite.folder(TEAM) / "orders.db"
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as made:
        made.execute(MAKE)
        made.execute(FILL)
    made.close()
    return path


@pytest.fixture
async def server(postgres: Postgres, environment: pytest.MonkeyPatch) -> Any:
    """The address for a role that may only read; the owner's address is `owner`."""
    owner = postgres.fresh()
    parts = urlsplit(owner.replace("+asyncpg", ""))
    root = await asyncpg.connect(owner.replace("+asyncpg", ""))
    await root.execute(MAKE)
    await root.execute(FILL)
    await root.execute("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'r3ad'")
    await root.execute("GRANT SELECT ON orders TO reader")
    environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
    forget_settings()
    host = f"{parts.hostname}:{parts.port}"
    yield f"postgresql://reader:r3ad@{host}{parts.path}", owner.replace("+asyncpg", ""), root
    await root.execute("REVOKE ALL ON orders FROM reader; DROP ROLE reader")
    await root.close()
    postgres.drop(owner)


async def ask(address: str, statement: str, *parameters: Any, rows: int = 100) -> Any:
    return await databases.query(TEAM, address, Asked(statement, parameters, rows))


TOTALS = "SELECT customer, sum(total) AS total FROM orders WHERE customer = $1 GROUP BY customer"


async def test_sqlite_gives_rows(file: Path) -> None:
    found = await ask("sqlite:///orders.db", TOTALS, "Ada")
    assert found == {"columns": ["customer", "total"], "rows": [["Ada", 21.0]], "truncated": False}
    few = await ask("sqlite:///orders.db", "SELECT id FROM orders ORDER BY id", rows=2)
    assert (few["rows"], few["truncated"]) == ([[1], [2]], True)


async def test_postgres_gives_rows(server: Any) -> None:
    address, _, _ = server
    found = await ask(address, TOTALS, "Ada")
    assert found == {"columns": ["customer", "total"], "rows": [["Ada", "21.00"]], "truncated": False}
    assert (await ask(address, "SELECT customer FROM orders WHERE id = $1 AND total > $2", 1, 2.5))[
        "rows"
    ] == [["Ada"]]
    few = await ask(address, "SELECT id, now(), '{1}'::int[] FROM orders ORDER BY id", rows=2)
    assert (len(few["rows"]), few["truncated"]) == (2, True)
    with pytest.raises(StatementFailed, match="orderz"):
        await ask(address, "SELECT * FROM orderz")


WRITES = (
    "INSERT INTO orders VALUES (9, 'Eve', 1)", "UPDATE orders SET total = 0", "DELETE FROM orders", "DROP TABLE orders",
    "SELECT 1; DROP TABLE orders", "SELECT 1; SELECT 2", "CREATE TABLE x AS SELECT * FROM orders", "VACUUM", "",
    "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone", "SELECT * INTO copied FROM orders",
    "SELECT * FROM orders FOR UPDATE", "BEGIN; DELETE FROM orders; COMMIT", "SET transaction_read_only = off",
    "EXPLAIN ANALYZE DELETE FROM orders", "COPY orders TO PROGRAM 'id'", "DO $$ BEGIN DELETE FROM orders; END $$",
    "PRAGMA writable_schema=1", "ATTACH DATABASE 'x.db' AS x", "CALL drop_all()", "SELECT 1 /*", "REPLACE INTO orders VALUES (1, 'E', 1)",
    "MERGE INTO orders USING orders o ON true WHEN MATCHED THEN DELETE", "TRUNCATE orders", "GRANT ALL ON orders TO public",
)  # fmt: skip


@pytest.mark.parametrize("statement", WRITES)
async def test_what_writes_is_not_even_asked(file: Path, statement: str) -> None:
    for address in ("sqlite:///orders.db", "postgresql://reader@127.0.0.1:1/x"):
        with pytest.raises(StatementRefused):
            await ask(address, statement)


async def test_sqlite_itself_is_the_second_wall(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same attempts as if the parser had let them through."""
    monkeypatch.setattr("backend.core.databases.statements.require_reading", lambda *_: None)
    before = file.read_bytes()
    for statement in (
        *WRITES,
        "SELECT load_extension('x')",
        "SELECT writefile('x', 'y')",
        "SELECT zeroblob(999999)",
    ):
        if statement:
            with pytest.raises(DatabaseError):
                found = await ask("sqlite:///orders.db", statement)
                assert found["rows"], statement  # SQLite takes `SELECT 1 /*`, which harms nobody
                raise StatementFailed("it only read")
    assert file.read_bytes() == before
    assert sorted(path.name for path in file.parent.iterdir()) == ["orders.db"]


async def test_postgres_itself_is_the_second_wall(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same attempts as if the parser had let them through, by a role that owns the table."""
    address, _, root = server
    monkeypatch.setattr("backend.core.databases.statements.require_reading", lambda *_: None)
    await root.execute("GRANT ALL ON orders TO reader; GRANT ALL ON SCHEMA public TO reader")
    for statement in (
        *WRITES,
        "SELECT nextval('s')",
        "SELECT set_config('transaction_read_only', 'off', false)",
    ):
        if statement not in ("", "SET transaction_read_only = off", "GRANT ALL ON orders TO public"):
            with pytest.raises(DatabaseError):
                await ask(address, statement)
    assert await root.fetchval("SELECT count(*) FROM orders WHERE total > 1") == 3
    await root.execute("REVOKE ALL ON SCHEMA public FROM reader")


async def test_a_mighty_role_is_refused(server: Any) -> None:
    _, owner, root = server
    if not await root.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        pytest.fail("the tests' own role is meant to be a superuser")
    with pytest.raises(RoleTooMighty, match="more than read"):
        await ask(owner, "SELECT 1")


async def test_time_and_size_are_limited(file: Path, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    address, _, _ = server
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    for one, statement in (
        ("sqlite:///orders.db", endless),
        (address, endless),
        (address, "SELECT pg_sleep(60)"),
    ):
        with monkeypatch.context() as hasty, pytest.raises(DatabaseAway, match="longer than"):
            for module in ("sqlite", "postgres"):
                hasty.setattr(f"backend.core.databases.{module}.SECONDS", 0.3)
            await ask(one, statement)
    wide = await ask(address, "SELECT repeat('x', 300000) FROM generate_series(1, 9)")
    assert (len(wide["rows"]), wide["truncated"]) == (1, True)


@pytest.mark.parametrize(
    "address",
    ["sqlite:///../quadrille.db", "sqlite:////etc/passwd", "sqlite:///missing.db", "sqlite:///orders.db?mode=rwc", "mysql://x",
     "sqlite:///orders.db/../../../quadrille.db", "postgresql:///x", "postgresql://h:99999/x", "", "postgresql:///?host=/tmp"],
)  # fmt: skip
async def test_other_addresses_lead_nowhere(file: Path, address: str) -> None:
    with pytest.raises(AddressWrong):
        await ask(address, "SELECT 1")


async def test_private_hosts_are_the_operators_to_allow(environment: pytest.MonkeyPatch) -> None:
    for host in ("127.0.0.1", "10.0.0.5:5432", "[::1]", "localhost"):
        with pytest.raises(AddressRefused, match="must not be reached"):
            await ask(f"postgresql://u:p@{host}/d", "SELECT 1")


async def test_another_team_has_a_folder_of_its_own(file: Path) -> None:
    with pytest.raises(AddressWrong):
        await databases.query("team_2", "sqlite:///orders.db", Asked("SELECT 1"))
    link = file.with_name("link.db")
    link.symlink_to(file)
    with pytest.raises(AddressWrong):
        await ask("sqlite:///link.db", "SELECT 1")
