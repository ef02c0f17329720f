"""The writer's PostgreSQL side: one asyncpg connection, made anew when it is lost."""

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - it ships none
from sqlalchemy import make_url

from backend.core import db, failpoints, log
from backend.core.settings import settings
from backend.engine import batch as batches
from backend.engine import sql
from backend.engine.batch import Failures, Row
from backend.engine.records import Commit, StoreLost

_RECONNECT_SECONDS = 30.0
_LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the driver's own state is broken, as after a connection that died in a message
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
_NAME = {"application_name": "quadrille writer"}  # as an administrator sees it in pg_stat_activity
_AGAIN = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_log = log.get(__name__)
_numbered = lru_cache(sql.numbered)


class PostgresStore:
    """One connection on purpose: more of them only make the batches smaller and slower."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: Any = None  # asyncpg ships no types

    @classmethod
    async def connect(cls, url: str) -> "PostgresStore":
        """Connect now, so that a wrong address is known at start."""
        made = cls(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
        await made._connected()
        return made

    async def apply(self, batch: Sequence[Commit]) -> Failures:
        """Store the batch; what is lost before COMMIT was sent is sent again."""
        while True:
            connection = await self._connected()
            transaction = connection.transaction()
            try:
                failpoints.passed("writer.begin")
                await transaction.start()
                failures = await batches.write(_Cursor(connection), batch, _ENCODING)
            except _LOST as error:
                _log.warning("the database is away", error=str(error))
                await self.close()
                continue
            except asyncpg.PostgresError as error:
                await self._roll_back(transaction)
                if isinstance(error, _AGAIN):
                    continue
                return await self._apart(batch, error)
            await self._commit(transaction)
            failpoints.passed("writer.committed")
            return failures

    async def close(self) -> None:
        """Close the connection, gracefully where it still works."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            try:
                await connection.close(timeout=2)
            except (*_LOST, TimeoutError):
                connection.terminate()

    async def _roll_back(self, transaction: Any) -> None:
        try:
            await transaction.rollback()
        except _LOST as error:
            _log.warning("the database is away", error=str(error))
            await self.close()

    async def _commit(self, transaction: Any) -> None:
        try:
            await transaction.commit()
        except _LOST as error:
            # Nobody knows whether it was stored. The runs are given up and go on from whatever their rows say.
            await self.close()
            raise StoreLost("The connection was lost in the middle of a COMMIT.") from error

    async def _apart(self, batch: Sequence[Commit], error: asyncpg.PostgresError) -> Failures:
        """Some row is unacceptable: store the commits one by one, so that only its own run suffers."""
        if len(batch) == 1:
            return {0: StoreLost(f"The database refused a row: {error}")}
        found: Failures = {}
        lost: dict[str, Exception] = {}
        for place, commit in enumerate(batch):
            if commit.run_id in lost:  # what follows a loss would leave a hole
                found[place] = lost[commit.run_id]
                continue
            for refused in (await self.apply([commit])).values():
                found[place] = refused
                if isinstance(refused, StoreLost):
                    lost[commit.run_id] = refused
        return found

    async def _connected(self) -> Any:
        deadline = asyncio.get_running_loop().time() + _RECONNECT_SECONDS
        while self._connection is None or self._connection.is_closed():
            try:
                told = _NAME | db.idle_setting(settings().lease_seconds)
                self._connection = await cast(Any, asyncpg).connect(self._dsn, server_settings=told)
            except _LOST as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise StoreLost(f"The database does not answer: {error}") from error
                await asyncio.sleep(0.2)
        return self._connection


class _Cursor:
    """asyncpg behind `batch.Cursor`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def first(self, statement: str, row: Row) -> Row | None:
        found = await self._connection.fetchrow(_numbered(statement), *row)
        return tuple(found) if found is not None else None

    async def all(self, statement: str, row: Row) -> Sequence[Row]:
        return [tuple(found) for found in await self._connection.fetch(_numbered(statement), *row)]

    async def many(self, statement: str, rows: list[Row]) -> None:
        await self._connection.executemany(_numbered(statement), rows)


_ENCODING = batches.Encoding(
    moment=lambda at: at,
    close_questions=sql.POSTGRES_CLOSE_QUESTIONS,
    share_blobs=sql.POSTGRES_SHARE_BLOBS,
)
