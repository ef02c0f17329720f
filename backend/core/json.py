"""Plain JSON, exactly as both databases and every reader can keep it: what cannot be kept is refused with its place."""

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast

import orjson
from pydantic import JsonValue

from backend.core.errors import Invalid, Problem

MAX_DEPTH = 200
_MAX_INT = 2**63 - 1


class NotJson(Invalid):
    """A value cannot be kept as JSON; the message names the place in it."""

    code, title = "not_json", "Not plain JSON"


def plain(value: object, place: str = "value") -> JsonValue:
    """The value as JSON: tuples and sets become lists, moments become ISO 8601 text; the rest is kept or refused."""
    return _plain(value, place, 0)


def require(value: object, place: str = "value") -> None:
    """Raise NotJson unless the value can be kept."""
    plain(value, place)


def parse(text: str | bytes, place: str = "value") -> JsonValue:
    """Read JSON text; raises NotJson with line and column."""
    try:
        return plain(orjson.loads(text), place)
    except orjson.JSONDecodeError as wrong:
        where = f"line {wrong.lineno}, column {wrong.colno}"
        raise _refused(
            f"{place} is not JSON: {wrong.msg} ({where}).", place, "Mend the JSON text there."
        ) from None


def dumps(value: JsonValue) -> str:
    """Compact JSON text."""
    return orjson.dumps(value).decode()


def _plain(value: object, place: str, depth: int) -> JsonValue:
    if depth > MAX_DEPTH:
        raise _refused(f"{place} is nested deeper than {MAX_DEPTH} levels.", place, "Flatten the value.")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, place)
    if isinstance(value, int | float | Decimal):
        return _number(value, place)
    return _compound(value, place, depth)


def _compound(value: object, place: str, depth: int) -> JsonValue:
    if isinstance(value, Mapping):
        pairs = cast(Mapping[Any, object], value).items()
        return {_key(k, place): _plain(v, f"{place}.{k}", depth + 1) for k, v in pairs}
    if isinstance(value, AbstractSet):
        value = sorted(cast(AbstractSet[Any], value), key=repr)
    if isinstance(value, list | tuple):
        entries = cast(Sequence[object], value)
        return [_plain(entry, f"{place}[{i}]", depth + 1) for i, entry in enumerate(entries)]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    name = type(value).__name__
    raise _refused(
        f"{place} is a {name}, which is not JSON.", place, "Turn it into text, a number or a list."
    )


def _key(key: object, place: str) -> str:
    if isinstance(key, str):
        return _text(key, place)
    if isinstance(key, bool | int | float) or key is None:
        return str(key)
    raise _refused(f"{place} has the key {key!r}, which is not text.", place, "Use text as keys.")


def _text(value: str, place: str) -> str:
    if "\0" in value:
        raise _refused(f"{place} holds a NUL character.", place, "Remove the NUL characters from the text.")
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _refused(
            f"{place} holds half of a character pair (a lone surrogate).", place, "Decode the text as UTF-8."
        ) from None
    return value


def _number(value: float | Decimal, place: str) -> JsonValue:
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _refused(
                f"{place} is {value}, which JSON cannot hold.", place, "Give a finite number or none."
            )
        return value
    if not -_MAX_INT - 1 <= value <= _MAX_INT:
        raise _refused(f"{place} is a whole number of more than 64 bits.", place, "Keep it as text.")
    return int(value)


def _refused(message: str, place: str, fix: str) -> NotJson:
    return NotJson(message, fix=fix, problems=[Problem(message, place=place, fix=fix, code="not_json")])
