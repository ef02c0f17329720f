"""Big values as chunks under a tree of their digests, so that one that grew or changed a little shares all the rest.

Chunks are cut where the bytes themselves say so: the same bytes give the same chunks, whatever stands before them. Rows of
chunks are gathered to nodes in the same way. The root holds the nodes and, inline, what comes after the last cut, so that
appending to a value stores one new root and now and then a chunk. A piece is a part of a JSON text or, when it begins with a
byte that JSON never holds, a node (the digests of further pieces, and a tail) or one of these, compressed.
"""

import hashlib
import re
import zlib
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

WHOLE_BYTES = 8192
"""Values up to this size are one piece."""

_NODE, _PACKED = b"\x01", b"\x02"
_DIGEST = 32
_FEWEST, _MOST = 4, 32  # digests in a node
_ODD = bytes(b for b in range(256) if hashlib.sha256(bytes([b])).digest()[0] % 2)
_EVEN = bytes(b for b in range(256) if b not in _ODD)


def _any_of(listed: bytes) -> bytes:
    return b"[%b]" % b"".join(b"\\x%02x" % byte for byte in listed)


# A cut follows a byte that is not too common and five more, each likely by half. The search runs over all bytes, and the
# first one fails fast on most of them: 5 ms a megabyte.
_FIRST = b"7bkvBKV" + bytes(range(0x80, 0x100, 11))
_CUT = re.compile(b"".join(map(_any_of, (_FIRST, _EVEN, _ODD, _EVEN, _EVEN, _ODD))))

_FEW_AT_ONCE, _MANY_AT_ONCE = 100, 500  # pieces, of large chunks and of small ones

_Part = tuple[str, str | bytes]
"""Of the value under a root: the digest of a piece that is still to be read, or a part of the text."""

Fetch = Callable[[list[str]], Awaitable[Mapping[str, bytes]]]


@dataclass(frozen=True, slots=True)
class _Sizes:
    least: int
    most: int


_SMALL, _LARGE, _LARGE_FROM = _Sizes(512, 2048), _Sizes(6144, 24576), 4_000_000


Piece = bytes | memoryview


def split(data: bytes) -> tuple[str, tuple[tuple[str, Piece], ...]]:
    """The root's digest, and every piece with its digest. Chunks are views of the data: who keeps one makes it bytes."""
    pieces: dict[str, Piece] = {}
    if len(data) <= WHOLE_BYTES:
        return _add(pieces, data).hex(), tuple(pieces.items())
    view = memoryview(data)
    sizes = _SMALL if len(data) < _LARGE_FROM else _LARGE
    row: list[bytes] = []
    at = 0
    while (end := _next_cut(data, at, sizes)) is not None:
        row.append(_add(pieces, view[at:end]))
        at = end
    behind: list[bytes] = []
    while len(row) > _MOST // 4:
        row, rest = _gathered(pieces, row)
        behind = rest + behind
    root = _add(pieces, _node([*row, *behind], data[at:]))
    return root.hex(), tuple(pieces.items())


def packed(piece: Piece) -> bytes:
    """The piece as it is stored: smaller where that is worth the time."""
    piece = bytes(piece)
    if len(piece) > _LARGE.least:
        return piece
    small = _PACKED + zlib.compress(piece, 1)
    return small if len(small) < len(piece) else piece


def unpacked(stored: bytes) -> bytes:
    """The piece as it was."""
    return zlib.decompress(stored[1:]) if stored.startswith(_PACKED) else stored


async def whole(roots: Collection[str], fetch: Fetch) -> dict[str, bytearray]:
    """The values under these roots; one of which a piece is missing is left out. Read in order: nothing is held twice."""
    texts = {root: bytearray() for root in roots}
    ahead: deque[_Part] = deque((root, root) for root in texts)
    page = _FEW_AT_ONCE
    while ahead:
        wanted = dict.fromkeys(islice((part for _, part in ahead if isinstance(part, str)), page))
        got = await fetch(list(wanted))
        for root in {root for root, part in ahead if part in wanted and part not in got}:
            del texts[root]
        ahead = deque(part for place in ahead if place[0] in texts for part in _opened(place, got))
        while ahead and isinstance(text := ahead[0][1], bytes):
            texts[ahead.popleft()[0]] += text
        page = _FEW_AT_ONCE if sum(map(len, got.values())) > len(got) * _SMALL.most else _MANY_AT_ONCE
    return texts


def _opened(place: _Part, got: Mapping[str, bytes]) -> Iterator[_Part]:
    """What stands in the place of a digest whose piece is here."""
    root, part = place
    piece = got.get(part) if isinstance(part, str) else None
    if piece is None:
        yield place
    elif piece.startswith(_NODE):
        below, tail = _read(piece)
        yield from ((root, digest) for digest in below)
        yield root, tail
    else:
        yield root, piece


def children(piece: bytes) -> list[str]:
    """The digests that a piece names; none for a part of a text."""
    return _read(piece)[0] if piece.startswith(_NODE) else []


def anatomy(piece: bytes) -> tuple[list[str], int]:
    """The digests that a piece names, and how many bytes of text are in itself; for pieces of unknown origin."""
    if not piece.startswith(_NODE):
        return [], len(piece)
    below, tail = _read(piece)
    return below, len(tail)


def _next_cut(data: bytes, at: int, sizes: _Sizes) -> int | None:
    """Where the chunk that begins at `at` ends; None when the rest is the tail."""
    most = at + sizes.most
    found = _CUT.search(data, at + sizes.least, most)
    if found is not None:
        return found.end()
    return most if most < len(data) else None


def _gathered(pieces: dict[str, Piece], row: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """The row as nodes, and what comes after the last node's end."""
    nodes: list[bytes] = []
    group: list[bytes] = []
    for digest in row:
        group.append(digest)
        if len(group) == _MOST or (len(group) >= _FEWEST and digest[0] % 8 == 0):
            nodes.append(_add(pieces, _node(group)))
            group = []
    return nodes, group


def _add(pieces: dict[str, Piece], piece: Piece) -> bytes:
    digest = hashlib.sha256(piece)
    pieces[digest.hexdigest()] = piece
    return digest.digest()


def _node(digests: list[bytes], tail: bytes = b"") -> bytes:
    return b"".join((_NODE, len(digests).to_bytes(4), *digests, tail))


def _read(node: bytes) -> tuple[list[str], bytes]:
    start, end = 5, 5 + _DIGEST * int.from_bytes(node[1:5])
    return [node[at : at + _DIGEST].hex() for at in range(start, end, _DIGEST)], node[end:]
