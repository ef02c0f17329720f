"""Whether a text is one SQL statement that only reads, by parsing it. The databases themselves are the second wall."""

from importlib import import_module
from typing import Any, Literal, cast

import sqlglot
from sqlglot.errors import SqlglotError

from backend.core.databases.errors import StatementRefused

Dialect = Literal["postgres", "sqlite"]
LONGEST = 20_000
exp: Any = import_module("sqlglot.expressions")  # its names come and go by dialect
_ACTS: Any = (
    exp.DML,
    exp.DDL,
    exp.Command,
    exp.Into,
    exp.Lock,
    exp.Set,
    exp.Pragma,
    exp.Attach,
    exp.Copy,
    exp.Transaction,
)
_FIX = "Write one SELECT, without INTO and FOR UPDATE."


def require_reading(text: str, dialect: Dialect) -> None:
    """Raise StatementRefused unless it is one query whose every part is one."""
    if len(text) > LONGEST:
        raise StatementRefused(f"The statement is longer than {LONGEST:,} characters.")
    try:
        found = [one for one in sqlglot.parse(text, read=dialect) if one is not None]
    except (SqlglotError, RecursionError) as wrong:
        told = str(wrong).partition("\n")[0] or "nested too deep"
        raise StatementRefused(f"The statement cannot be read: {told}", fix=_FIX) from None
    if len(found) != 1:
        raise StatementRefused(f"These are {len(found)} statements.", fix=_FIX)
    root = cast(Any, found[0])
    if not isinstance(root, exp.Query):
        raise StatementRefused(f"{root.key.upper()} does not read.", fix=_FIX)
    for part in root.walk():
        if isinstance(part, _ACTS) and not isinstance(part, exp.Query):
            raise StatementRefused(f"{part.key.upper()} does not only read.", fix=_FIX)
