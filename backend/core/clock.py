"""The only place that reads the wall clock, so that tests can stop it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current moment, always in UTC and aware of it."""
    return datetime.now(UTC)  # noqa: TID251 - the one permitted caller
