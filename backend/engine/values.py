"""Values between steps: plain JSON only, and claim-check: what is over a few KB is stored once, by its content."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson
from pydantic import JsonValue

from backend.core import json
from backend.core.errors import TooLarge
from backend.engine import chunks

INLINE_BYTES = 4096
INLINE_ROW_BYTES = 32_000
"""Of a run's input and output: most are small, and a row that holds them needs no second look."""

REF = "$blob"
# Not JSON's own types: let the careful road turn them into JSON, or refuse them with their place.
_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


@dataclass(frozen=True, slots=True)
class Kept:
    """A checked value: as readers get it, the JSON that rows hold of it, and the blobs it went into, if any."""

    value: JsonValue
    stored: str
    size: int
    blobs: tuple[tuple[str, chunks.Piece], ...] = ()


NOTHING = Kept(None, "null", 4)


def keep(value: object, place: str, limit: int) -> Kept:
    """Check a value and make it storable; raises NotJson or TooLarge, both naming the place."""
    if value is None:
        return NOTHING
    value, data = _checked(value, place)
    if len(data) > limit:
        raise TooLarge(
            f"{place} is {len(data):,} bytes long; the limit is {limit:,}.",
            fix="Keep less, or raise QUADRILLE_MAX_OUTPUT_BYTES.",
            place=place,
        )
    if len(data) <= INLINE_BYTES and REF.encode() not in data:
        return Kept(orjson.loads(data), data.decode(), len(data))
    digest, pieces = chunks.split(data)
    return Kept(_own(value, data), f'{{"{REF}":"{digest}","bytes":{len(data)}}}', len(data), pieces)


def apart(value: object) -> Kept | None:
    """The value as it is stored apart from its row, where that is worth it; it was checked before."""
    data = orjson.dumps(value)
    if len(data) <= INLINE_ROW_BYTES and REF.encode() not in data:
        return None
    digest, pieces = chunks.split(data)
    return Kept(None, f'{{"{REF}":"{digest}","bytes":{len(data)}}}', len(data), pieces)


def digests(stored: JsonValue) -> list[str]:
    """The values, by their root blobs, that a stored value refers to."""
    return list(sizes(stored))


def sizes(stored: JsonValue) -> dict[str, int]:
    """The same with their sizes in bytes."""
    found = ((part[REF], part.get("bytes")) for part in _refs(stored))
    return {digest: size for digest, size in found if isinstance(digest, str) and isinstance(size, int)}


def fill(stored: JsonValue, blobs: Mapping[str, bytes | bytearray]) -> JsonValue:
    """The stored value with whole values (see `chunks.whole`) put back; one that is missing stays a reference."""
    if isinstance(stored, list):
        return [fill(part, blobs) for part in stored]
    if not isinstance(stored, dict):
        return stored
    if REF in stored:
        return _filled(stored, blobs.get(cast(str, stored[REF])))
    return {name: fill(part, blobs) for name, part in stored.items()}


def _filled(stored: JsonValue, data: bytes | bytearray | None) -> JsonValue:
    try:
        return stored if data is None else orjson.loads(data)
    except (
        orjson.JSONDecodeError
    ):  # of an imported run: its pieces are what they are called, but may hold anything
        return stored


def _refs(stored: JsonValue) -> Iterator[dict[str, JsonValue]]:
    if isinstance(stored, dict):
        if REF in stored:
            yield stored
            return
        stored = list(stored.values())
    if isinstance(stored, list):
        for part in stored:
            yield from _refs(part)


def _own(value: object, data: bytes) -> JsonValue:
    """A value that nobody else can change. Big texts are passed on from step to step: they stay one, and are not read anew."""
    try:
        return json.copied(value)
    except TypeError:
        return orjson.loads(data)


def _checked(value: object, place: str) -> tuple[object, bytes]:
    """The value and its JSON bytes. orjson refuses or passes nearly everything at C speed; the rest is looked at in Python."""
    try:
        data = orjson.dumps(value, option=_STRICT)
    except TypeError:
        value = json.plain(value, place)
        return value, orjson.dumps(value)
    # orjson writes NaN and Infinity as null and lets NUL through: only then is a walk needed.
    if b"null" in data or b"\\u0000" in data:
        value = json.plain(value, place)
        return value, orjson.dumps(value)
    return value, data


def dumps(value: Any) -> str:
    """Compact JSON text of our own data."""
    return orjson.dumps(value).decode()
