"""What an update of a draft may hold, read before the library does: its readers follow nested parts by calling themselves.

A value or a map nested some ten thousand deep ends the whole process, so that depth is looked at in the bytes. Drafts are
made of maps and plain values alone; other shared types, and maps within maps whose place nobody knows yet, are refused.
"""

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any, cast

from pycrdt import Doc, Map

from backend.core import json
from backend.core.errors import QuadrilleError
from backend.workflows.document import ROOTS
from backend.workflows.protocol import BadFrame, Reader

MAX_MAPS = 4
"""How deep maps lie in each other; a node's settings are a map in a map."""

_MAX_STEPS = 200_000
_GC, _SKIP = 0, 10
_DELETED, _TYPE, _ANY = 1, 7, 8
_MAP = 1
_HAS_LEFT, _HAS_RIGHT, _HAS_KEY = 0x80, 0x40, 0x20
_EMPTY, _FIXED, _TEXTS = frozenset((120, 121, 126, 127)), {122: 8, 123: 8, 124: 4}, frozenset((116, 119))
_INTEGER, _LIST, _OBJECT = 125, 117, 118
Id = tuple[int, int]


class BadUpdate(QuadrilleError):
    """The bytes are no update of a shared document, or not of a draft."""

    code, status, title = "bad_update", 400, "Not an update"


def require_sound(update: bytes, doc: Doc[Any]) -> None:
    """Raise BadUpdate unless the update could be one of a draft, and lies on what the document has."""
    try:
        found = _Found(Reader(update))
    except BadFrame as wrong:
        raise _refused() from wrong
    found.require_shallow(doc)


def is_shallow(doc: Doc[Any], touched: Collection[tuple[str, str]]) -> bool:
    """Whether the parts of the document under these roots and keys lie no deeper than drafts do."""
    for root, key in touched:
        level: list[Any] = [doc.get(root, type=Map).get(key)]
        for _ in range(MAX_MAPS + 1):
            level = [
                value for part in level if isinstance(part, Map) for value in cast(Map[Any], part).values()
            ]
        if any(isinstance(value, Map) for value in level):
            return False
    return True


class Touched:
    """Which parts of a document changed since the last look: root and key."""

    def __init__(self) -> None:
        self._parts: set[tuple[str, str]] = set()
        self._watched: list[Any] = []

    def watch(self, doc: Doc[Any]) -> None:
        """Follow this document from now on."""
        for root in ROOTS:
            shared = doc.get(root, type=Map)
            shared.observe_deep(partial(self._changed, root))
            self._watched.append(shared)

    def taken(self) -> set[tuple[str, str]]:
        """What changed; the next look begins anew."""
        parts, self._parts = self._parts, set()
        return parts

    def _changed(self, root: str, events: list[Any]) -> None:
        for event in events:
            keys = event.path[:1] or event.keys
            self._parts.update((root, key) for key in keys)


@dataclass(frozen=True)
class _Place:
    """Where a part lies: in a map, beside another part of the same map, or (without an id) in a root."""

    id: Id | None = None
    beside: bool = False


_IN_A_ROOT = _Place()


class _Found:
    """The maps that an update makes, and where its parts lie."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._maps: list[Id] = []
        self._parts: dict[int, list[tuple[int, int, _Place]]] = {}
        self._steps = _MAX_STEPS
        for _ in range(reader.number()):
            self._client()

    def require_shallow(self, doc: Doc[Any]) -> None:
        """Raise BadUpdate when maps lie too deep, or in something that has not arrived."""
        clocks = _clocks(doc) if self._maps else {}
        for made in self._maps:
            at: Id | None = made
            depth = 0
            while at is not None and not self._is_here(at, clocks):
                depth += 1
                at = self._lies_in(at, clocks)
                if depth > MAX_MAPS:
                    raise _refused()

    def _is_here(self, at: Id, clocks: dict[int, int]) -> bool:
        return at[1] < clocks.get(at[0], 0)

    def _lies_in(self, at: Id, clocks: dict[int, int]) -> Id | None:
        """The map in which a part of this update lies; none for a root, and for what stands beside something known."""
        place = self._place_of(at)
        while place is not None and place.beside and place.id and not self._is_here(place.id, clocks):
            place = self._place_of(place.id)
        if place is None:
            raise _refused()
        return None if place.beside else place.id

    def _place_of(self, at: Id) -> _Place | None:
        self._steps -= 1
        if self._steps < 0:
            raise _refused()
        parts = self._parts.get(at[0], [])
        index = bisect_right(parts, at[1], key=itemgetter(0)) - 1
        if index < 0 or at[1] >= parts[index][0] + parts[index][1]:
            return None
        return parts[index][2]

    def _client(self) -> None:
        reader = self._reader
        count, client, clock = reader.number(), reader.number(), reader.number()
        parts = self._parts.setdefault(client, [])
        for _ in range(count):
            info = reader.byte()
            place = _IN_A_ROOT if info in (_GC, _SKIP) else self._place(info)
            length = reader.number() if info in (_GC, _SKIP) else self._content(info, (client, clock))
            parts.append((clock, length, place))
            clock += length

    def _content(self, info: int, own: Id) -> int:
        """Pass over what a part holds; how many numbers it takes."""
        reader, content = self._reader, info & 31
        if content == _DELETED:
            return reader.number()
        if content == _ANY:
            count = reader.number()
            for _ in range(count):
                _pass_value(reader)
            return count
        if content == _TYPE and reader.number() == _MAP:
            self._maps.append(own)
            return 1
        raise BadFrame("a part that no draft has")

    def _place(self, info: int) -> _Place:
        reader = self._reader
        left = (reader.number(), reader.number()) if info & _HAS_LEFT else None
        right = (reader.number(), reader.number()) if info & _HAS_RIGHT else None
        if beside := left or right:
            known = self._place_of(beside)
            return known if known is not None else _Place(beside, beside=True)
        if reader.number() == 1:
            reader.bytes_()
            place = _IN_A_ROOT
        else:
            place = _Place((reader.number(), reader.number()))
        if info & _HAS_KEY:
            reader.bytes_()
        return place


def _clocks(doc: Doc[Any]) -> dict[int, int]:
    reader = Reader(doc.get_state())
    return {reader.number(): reader.number() for _ in range(reader.number())}


def _pass_value(reader: Reader) -> None:
    """Pass over one plain value of any depth without calling itself."""
    open_: list[list[int]] = [[1, 0]]  # how many entries are left, and whether each has a name before it
    while open_:
        inner = open_[-1]
        if inner[0] == 0:
            open_.pop()
            continue
        inner[0] -= 1
        if inner[1]:
            reader.bytes_()
        tag = reader.byte()
        if tag in (_LIST, _OBJECT):
            open_.append([reader.number(), int(tag == _OBJECT)])
            if len(open_) > json.MAX_DEPTH:
                raise BadFrame("a value nested too deep")
        else:
            _pass_leaf(reader, tag)


def _pass_leaf(reader: Reader, tag: int) -> None:
    if tag in _TEXTS:
        reader.bytes_()
    elif tag in _FIXED:
        reader.skip(_FIXED[tag])
    elif tag == _INTEGER:
        while reader.byte() > 127:
            pass
    elif tag not in _EMPTY:
        raise BadFrame("a value of no known sort")


def _refused() -> BadUpdate:
    return BadUpdate("This is not an update of the draft.", fix="Reload the page.")
