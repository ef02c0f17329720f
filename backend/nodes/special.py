"""Settings with a form of their own that no shipped kind asks for yet: a file, and a line of cron."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

MAX_FILE = 400_000
"""Characters of a file in the settings; the draft carries it to everybody who draws."""

_RANGES = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_PART = re.compile(r"(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?")
_FILE = re.compile(r"data:[\w.+-]*/?[\w.+-]*(?:;[\w.+-]+=[^;,\s]*)*;base64,[A-Za-z0-9+/=]*")


def _cron(line: str) -> str:
    parts = line.split()
    if not parts:
        return ""
    if len(parts) != len(_RANGES):
        raise ValueError("a line of cron has five parts: minute, hour, day, month and weekday")
    for text, (name, least, most) in zip(parts, _RANGES, strict=True):
        for one in text.split(","):
            found = _PART.fullmatch(one)
            if found is None:
                raise ValueError(f"the {name} “{one}” is neither a number, a range, a step nor *")
            if any(not least <= int(number) <= most for number in found.groups()[:2] if number):
                raise ValueError(f"the {name} “{one}” is not within {least} to {most}")
            if found[3] == "0":
                raise ValueError(f"the {name} “{one}” steps by nothing")
    return " ".join(parts)


def _file(text: str) -> str:
    if text and not _FILE.fullmatch(text):
        raise ValueError("a file is a data: address in base64")
    return text


CronLine = Annotated[str, AfterValidator(_cron), Field(json_schema_extra={"widget": "cron"}, max_length=200)]
File = Annotated[str, AfterValidator(_file), Field(json_schema_extra={"widget": "file"}, max_length=MAX_FILE)]
