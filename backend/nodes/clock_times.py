"""The moments that a line of cron names in a time zone; all that come in and go out are in UTC.

A time that a day lacks, because clocks are put forward, comes right after the gap; one that a day has twice comes once,
the first time. Lines that begin with `*` or a step, such as `*/15 * * * *`, go by what passes, not by what clocks show.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_LOOK_BACK = (timedelta(hours=1), timedelta(days=1), timedelta(days=32), timedelta(days=370))


def after(cron: str, zone: str, moment: datetime) -> datetime | None:
    """The first one after this moment; None where none ever comes, such as on the 30th of February."""
    try:
        found = CronSim(cron, moment.astimezone(ZoneInfo(zone)))
    except CronSimError:
        return None
    in_utc = (at.astimezone(UTC) for at in found)
    return next((at for at in in_utc if at > moment), None)


def following(cron: str, zone: str, moment: datetime, count: int) -> list[datetime]:
    """The next ones, at most so many."""
    return list(islice(_from(cron, zone, moment), count))


def latest(cron: str, zone: str, due: datetime, now: datetime) -> datetime:
    """The last one until now, where one was due before: the near past is looked through before the far one."""
    for back in _LOOK_BACK:
        begin = max(due - timedelta(seconds=1), now - back)
        found = due
        for at in _from(cron, zone, begin):
            if at > now:
                break
            found = at
        if found > due or begin < due:
            return found
    return due


def _from(cron: str, zone: str, moment: datetime) -> Iterator[datetime]:
    at = after(cron, zone, moment)
    while at is not None:
        yield at
        at = after(cron, zone, at)
