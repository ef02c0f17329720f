"""Moments as text for the browser, which shows them in its own zone."""

from datetime import datetime


def iso(moment: datetime | None) -> str:
    """ISO 8601 in UTC; empty when there is none."""
    return moment.isoformat() if moment else ""
