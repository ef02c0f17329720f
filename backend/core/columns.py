"""Column types that behave alike on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

# JSON(B) keeps plain data; NUL characters are refused before they reach PostgreSQL (see `core.json`).
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


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
