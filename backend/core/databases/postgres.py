"""PostgreSQL, by a role that may only read: a read-only transaction with a time limit, and an address that was checked."""

import asyncio
import ssl
from collections.abc import Sequence
from importlib import import_module
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import JsonValue

from backend.core import http_guard
from backend.core.addresses import address_refusal, allowed
from backend.core.databases.asking import SECONDS, Asked, Rows
from backend.core.databases.errors import AddressWrong, DatabaseAway, RoleTooMighty, StatementFailed
from backend.core.http_guard import AddressRefused
from backend.core.settings import settings

asyncpg: Any = import_module("asyncpg")  # has no types
_CONNECT_SECONDS = 10
_TEXTS = (
    "numeric",
    "date",
    "time",
    "timetz",
    "timestamp",
    "timestamptz",
    "interval",
    "uuid",
    "json",
    "jsonb",
    "inet",
    "money",
)
_MIGHTY = """
SELECT rolsuper OR rolreplication OR rolcreaterole OR pg_has_role(oid, 'pg_write_server_files', 'member')
    OR pg_has_role(oid, 'pg_execute_server_program', 'member') OR pg_has_role(oid, 'pg_read_server_files', 'member')
FROM pg_roles WHERE rolname = current_user
"""


async def query(address: str, asked: Asked) -> JsonValue:
    """The rows; raises one of the package's errors, or AddressRefused."""
    try:
        async with asyncio.timeout(_CONNECT_SECONDS + SECONDS + 5):
            connection = await _connected(address)
            try:
                return await _read(connection, asked)
            finally:
                connection.terminate()
    except (asyncpg.QueryCanceledError, TimeoutError):
        raise DatabaseAway(
            f"The statement took longer than {SECONDS:g} seconds.", fix="Ask for less."
        ) from None
    except asyncpg.InvalidAuthorizationSpecificationError as wrong:
        raise AddressWrong(f"{_told(wrong)}.", fix="Store the right address as the secret.") from None
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as wrong:
        raise StatementFailed(f"{_told(wrong)}.", fix="Mend the statement or its parameters.") from None
    except OSError as wrong:
        raise DatabaseAway(
            f"The database does not answer: {wrong.strerror or type(wrong).__name__}."
        ) from None


async def _read(connection: Any, asked: Asked) -> JsonValue:
    if await connection.fetchval(_MIGHTY):
        fix = "Make a role that may only read (GRANT SELECT), and store its address as the secret."
        raise RoleTooMighty("The role of this connection may do more than read.", fix=fix)
    for name in _TEXTS:
        await connection.set_type_codec(name, schema="pg_catalog", encoder=str, decoder=str, format="text")
    async with connection.transaction(readonly=True):
        await connection.execute(f"SET LOCAL statement_timeout = {int(SECONDS * 1000)}")
        statement = await connection.prepare(asked.statement)
        given = _fitting(asked.parameters, statement.get_parameters())
        rows = Rows(asked.rows)
        async for row in statement.cursor(*given, prefetch=50):
            if not rows.add(tuple(row)):
                break
        return rows.told([column.name for column in statement.get_attributes()])


def _fitting(given: Sequence[JsonValue], wanted: Sequence[Any]) -> list[Any]:
    """What a model gives as a number may be compared with text; all else the database judges itself."""
    texts = {"text", "varchar", "bpchar", "name", *_TEXTS}
    kinds = [one.name for one in wanted] + [""] * len(given)
    return [
        str(one) if kind in texts and one is not None else one
        for one, kind in zip(given, kinds, strict=False)
    ]


async def _connected(address: str) -> Any:
    """A connection to an address that may be reached. Where the name is in a certificate that is checked, the name is dialled."""
    parts = urlsplit(address)
    try:
        host, port = parts.hostname, parts.port or 5432
    except ValueError:
        host, port = None, 5432
    if not host:
        raise AddressWrong(
            "The address names no host.", fix="Store postgresql://USER:PASSWORD@HOST/DATABASE."
        )
    dialled = await _checked(host, port)
    mode = parse_qs(parts.query).get("sslmode", ["prefer"])[0]
    return await asyncpg.connect(
        host=host if mode == "verify-full" else dialled,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.strip("/")) or None,
        ssl=_tls(mode),
        timeout=_CONNECT_SECONDS,
        statement_cache_size=0,
        server_settings={"application_name": "quadrille", "default_transaction_read_only": "on"},
    )


def _tls(mode: str) -> Any:
    if mode == "verify-full":
        return ssl.create_default_context()
    if mode in ("disable", "prefer", "require"):
        return cast(Any, mode if mode != "disable" else False)
    raise AddressWrong(
        f"sslmode {mode} is not known here.", fix="Use disable, prefer, require or verify-full."
    )


async def _checked(host: str, port: int) -> str:
    """An address of the host; raises AddressRefused where one of them must not be reached."""
    found = await http_guard.resolved(host, port)
    exceptions = allowed(settings().outbound_allow)
    if not exceptions.host(host, port):
        for why in filter(None, (address_refusal(one, exceptions) for one in found)):
            fix = "An operator can allow it with QUADRILLE_OUTBOUND_ALLOW."
            raise AddressRefused(f"{host} must not be reached: {why}.", fix=fix)
    return found[0]


def _told(wrong: Exception) -> str:
    return str(wrong).partition("\n")[0].rstrip(".")[:500]
