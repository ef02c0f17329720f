"""SQLite files that the operator put into the team's folder, opened for reading alone."""

import asyncio
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from pydantic import JsonValue

from backend.core.databases.asking import SECONDS, Asked, Rows
from backend.core.databases.errors import AddressWrong, DatabaseAway, StatementFailed
from backend.core.settings import settings

_FILE = re.compile(r"^sqlite:///([A-Za-z0-9][A-Za-z0-9._-]{0,99})$")
_MAY = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_NOT = frozenset(
    {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "zeroblob", "randomblob"}
)
_LONGEST_VALUE = 1_000_000
_STEPS = 10_000  # of SQLite's machine, between two looks at the clock


def folder(team_id: str) -> Path:
    """Where the operator puts the team's files."""
    return settings().data_dir.resolve() / "databases" / team_id


async def query(team_id: str, address: str, asked: Asked) -> JsonValue:
    """The rows; raises AddressWrong, StatementFailed or DatabaseAway."""
    found = _FILE.match(address)
    path = folder(team_id) / found.group(1) if found else None
    if path is None or not path.is_file() or path.is_symlink():
        fix = f"The operator puts files into {folder(team_id)}; store sqlite:///FILE as the secret."
        raise AddressWrong("There is no such SQLite file.", fix=fix)
    return await asyncio.to_thread(_read, path, asked)


def _read(path: Path, asked: Asked) -> JsonValue:
    until = time.monotonic() + SECONDS
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=SECONDS)) as connection:
            _shut(connection, until)
            given = {str(n): value for n, value in enumerate(_bindable(asked), start=1)}
            cursor = connection.execute(asked.statement, given)
            rows = Rows(asked.rows)
            for row in cursor:
                if not rows.add(row):
                    break
            return rows.told([column[0] for column in cursor.description or ()])
    except (sqlite3.Error, sqlite3.Warning) as wrong:
        if time.monotonic() >= until:
            raise DatabaseAway(
                f"The statement took longer than {SECONDS:g} seconds.", fix="Ask for less."
            ) from None
        raise StatementFailed(f"{wrong}.", fix="Mend the statement.") from None


def _shut(connection: sqlite3.Connection, until: float) -> None:
    """From here on it reads, in the time that is left, and does nothing else."""
    connection.execute("PRAGMA query_only=ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.set_progress_handler(lambda: int(time.monotonic() >= until), _STEPS)
    connection.set_authorizer(_allowed)


def _allowed(
    action: int, first: str | None, second: str | None, database: str | None, trigger: str | None
) -> int:
    forbidden = action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _NOT
    return sqlite3.SQLITE_OK if action in _MAY and not forbidden else sqlite3.SQLITE_DENY


def _bindable(asked: Asked) -> list[str | int | float | None]:
    return [
        value if isinstance(value, str | int | float) or value is None else str(value)
        for value in asked.parameters
    ]
