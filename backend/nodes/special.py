"""Settings with a form of their own: a file, a line of cron, and a time zone."""

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, Field

MAX_FILE = 400_000
"""Characters of a file in the settings; the draft carries it to everybody who draws."""

_RANGES = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_NAMES = {
    "month": ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    "weekday": ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
}
_PART = re.compile(r"(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?")
_FILE = re.compile(r"data:[\w.+-]*/?[\w.+-]*(?:;[\w.+-]+=[^;,\s]*)*;base64,[A-Za-z0-9+/=]*")


def _cron(line: str) -> str:
    parts = line.split()
    if not parts:
        return ""
    if len(parts) != len(_RANGES):
        raise ValueError("a line of cron has five parts: minute, hour, day, month and weekday")
    written = [_part(text, *range_) for text, range_ in zip(parts, _RANGES, strict=True)]
    return " ".join(written)


def _part(text: str, name: str, least: int, most: int) -> str:
    """The part with numbers in place of names, such as 1 for MON; raises ValueError with what is wrong."""
    numbers = {word: n for n, word in enumerate(_NAMES.get(name, ()), start=least)}
    text = re.sub(r"[A-Za-z]+", lambda word: str(numbers.get(word[0].lower(), word[0])), text)
    for one in text.split(","):
        found = _PART.fullmatch(one)
        if found is None:
            raise ValueError(f"the {name} “{one}” is neither a number, a range, a step nor *")
        if any(not least <= int(number) <= most for number in found.groups()[:2] if number):
            raise ValueError(f"the {name} “{one}” is not within {least} to {most}")
        if found[2] and int(found[2]) < int(found[1]):
            raise ValueError(f"the {name} “{one}” runs backwards; write the smaller number first")
        if found[3] and not int(found[3]):
            raise ValueError(f"the {name} “{one}” steps by nothing")
    return text


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, ZoneInfoNotFoundError) as wrong:
        known = {one.lower(): one for one in _zones()}
        near = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
        fix = f"did you mean {known[near[0]]}?" if near else "write one such as Europe/Berlin or UTC"
        raise ValueError(f"“{name}” is not a time zone; {fix}") from wrong


@lru_cache(1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _file(text: str) -> str:
    if text and not _FILE.fullmatch(text):
        raise ValueError("a file is a data: address in base64")
    return text


CronLine = Annotated[str, AfterValidator(_cron), Field(json_schema_extra={"widget": "cron"}, max_length=200)]
File = Annotated[str, AfterValidator(_file), Field(json_schema_extra={"widget": "file"}, max_length=MAX_FILE)]
TimeZone = Annotated[str, AfterValidator(_zone), Field(json_schema_extra={"widget": "zone"}, max_length=100)]
