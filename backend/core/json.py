"""Plain JSON, exactly as both databases and every reader can keep it: what cannot be kept is refused with its place."""

import math
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from json import loads as exactly
from typing import Any, cast

import orjson
from pydantic import JsonValue

from backend.core.errors import Invalid, Problem

MAX_DEPTH = 200
_MAX_INT = 2**63 - 1
_DIGITS = 30  # more than 64 bits have
_LONG_NUMBER = re.compile(rb"[0-9]{19}")


class NotJson(Invalid):
    """A value cannot be kept as JSON; the message names the place in it."""

    code, title = "not_json", "Not plain JSON"


_LEAVES: frozenset[object] = frozenset({str, int, float, bool, type(None)})


def plain(value: object, place: str = "value") -> JsonValue:
    """The value as JSON: tuples and sets become lists, moments become ISO 8601 text; the rest is kept or refused."""
    return _plain(value, place, 0)


def require(value: object, place: str = "value") -> None:
    """Raise NotJson unless the value can be kept."""
    plain(value, place)


def parse(text: str | bytes, place: str = "value") -> JsonValue:
    """Read JSON text; raises NotJson with line and column."""
    try:
        return plain(loads(text), place)
    except orjson.JSONDecodeError as wrong:
        where = f"line {wrong.lineno}, column {wrong.colno}"
        raise _refused(
            f"{place} is not JSON: {wrong.msg} ({where}).", place, "Mend the JSON text there."
        ) from None


def loads(text: str | bytes) -> Any:
    """What the text says, with whole numbers of any size as they are: orjson alone would round those over 64 bits.

    Raises orjson.JSONDecodeError. Such numbers are refused with their place where the value is kept.
    """
    found = orjson.loads(text)
    raw = text.encode() if isinstance(text, str) else text
    if _LONG_NUMBER.search(raw) is None:
        return found
    try:
        return exactly(raw)
    except RecursionError:
        raise orjson.JSONDecodeError("nested too deep", raw.decode(), 0) from None


def dumps(value: JsonValue) -> str:
    """Compact JSON text."""
    return orjson.dumps(value).decode()


def copied(value: Any) -> JsonValue:
    """Plain JSON with lists and objects of its own, but the same texts; raises TypeError for anything else."""
    kind = cast(object, type(value))
    if kind is dict:
        return {name: copied(part) for name, part in value.items()}
    if kind is list or kind is tuple:
        return [copied(part) for part in value]
    if kind in _LEAVES:
        return value
    raise TypeError(f"{kind} is not plain JSON")


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
    if isinstance(value, Decimal) and value.is_finite():
        value = _same(value, place)
    if isinstance(value, float | Decimal):
        if not math.isfinite(value):
            raise _refused(
                f"{place} is {value}, which JSON cannot hold.", place, "Give a finite number or none."
            )
        return float(value)
    if not -_MAX_INT - 1 <= value <= _MAX_INT:
        raise _refused(f"{place} is a whole number of more than 64 bits.", place, "Keep it as text.")
    return int(value)


def _same(value: Decimal, place: str) -> int | float:
    """The number that says the same in JSON: with more digits than a float has, it would be another one."""
    if value == value.to_integral_value():
        return int(value) if value.adjusted() < _DIGITS else _MAX_INT + 1
    found = float(value)
    if Decimal(repr(found)) == value:
        return found
    raise _refused(
        f"{place} is {str(value)[:40]}, which has more digits than JSON's numbers keep.",
        place,
        "Keep it as text, or round it.",
    )


def _refused(message: str, place: str, fix: str) -> NotJson:
    return NotJson(message, fix=fix, problems=[Problem(message, place=place, fix=fix, code="not_json")])
