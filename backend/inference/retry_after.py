"""When a provider wants to be asked again, as its HTTP headers say."""

import math
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from backend.core import clock

MOST_SECONDS = 3600.0


def seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds from now, at most an hour; none where nothing readable is said."""
    precise = _number(headers.get("retry-after-ms"))
    told = headers.get("retry-after")
    wait = _number(told) if precise is None else precise / 1000
    if wait is None and (moment := _moment(told)) is not None:
        wait = (moment - clock.now()).total_seconds()
    return None if wait is None else min(max(wait, 0.0), MOST_SECONDS)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo is not None else None


def _number(text: str | None) -> float | None:
    try:
        found = float(text or "")
    except ValueError:
        return None
    return None if math.isnan(found) else found
