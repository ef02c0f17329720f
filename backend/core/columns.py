"""Column types that behave alike on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect
from sqlalchemy.types import TypeDecorator

# The text as it was written, on both. JSONB would forget the order of keys and turn 1e22 into a whole number that no longer
# fits 64 bits: a run taken up again would see other values than before. NUL characters are refused in `core.json`.
Json = JSON(none_as_null=True)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; refuses naive values and gives aware ones back, also on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive datetimes at the door."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a datetime without a time zone cannot be stored; use backend.core.clock.now()")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """SQLite forgets the zone: put UTC back."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value
