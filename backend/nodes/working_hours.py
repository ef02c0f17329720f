"""Counts time only while people work: `Mon-Fri 09:00-17:00 Europe/Berlin`."""

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM = re.compile(r"(\w{3})-(\w{3}) (\d\d:\d\d)-(\d\d:\d\d)(?: (\S+))?", re.ASCII)
_WRONG = "write working hours like “Mon-Fri 09:00-17:00 Europe/Berlin”; the zone may be left out for UTC"


class Hours:
    """The hours of a week in which time counts; raises ValueError with how to write them."""

    def __init__(self, text: str) -> None:
        found = _FORM.fullmatch(text.strip())
        if found is None:
            raise ValueError(_WRONG)
        first, last, opens, closes, zone = found.groups()
        try:
            begin, end = _DAYS.index(first.lower()), _DAYS.index(last.lower())
            self._opens, self._closes = time.fromisoformat(opens), time.fromisoformat(closes)
            self._zone = ZoneInfo(zone or "UTC")
        except (ValueError, ZoneInfoNotFoundError) as wrong:
            raise ValueError(_WRONG) from wrong
        if self._closes <= self._opens:
            raise ValueError("working hours must end after they begin")
        self._days = {(begin + n) % 7 for n in range((end - begin) % 7 + 1)}

    def after(self, moment: datetime, seconds: float) -> datetime:
        """The moment at which so many seconds of work have passed, in the zone of `moment`."""
        at, left = moment.astimezone(self._zone), timedelta(seconds=seconds)
        while True:
            opens = max(at, datetime.combine(at.date(), self._opens, self._zone))
            closes = datetime.combine(at.date(), self._closes, self._zone)
            # Instants are compared and counted in UTC: a zone's own clock jumps twice a year.
            room = closes.astimezone(moment.tzinfo) - opens.astimezone(moment.tzinfo)
            if at.weekday() in self._days and room > timedelta():
                if left <= room:
                    return opens.astimezone(moment.tzinfo) + left
                left -= room
            at = datetime.combine(at.date() + timedelta(days=1), time(), self._zone)


def after(moment: datetime, seconds: float, hours: str) -> datetime:
    """The moment after so many seconds, which are counted in working hours where any are given."""
    return Hours(hours).after(moment, seconds) if hours else moment + timedelta(seconds=seconds)
