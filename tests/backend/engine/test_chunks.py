"""Big values taken apart and put together: every byte comes back, and what two values have in common is stored once."""

import random
from collections.abc import Mapping

import orjson
import pytest

from backend.engine import chunks

WORDS = ["and", "valve", "brook", "Kiev", "7", "überall", "日本", "of", "the", "bucket"]


def text(chance: random.Random, size: int) -> bytes:
    items = [" ".join(chance.choices(WORDS, k=150)) for _ in range(size // 700 + 1)]
    return orjson.dumps(items)[:size]


async def back(root: str, pieces: Mapping[str, chunks.Piece]) -> bytearray | None:
    async def fetch(wanted: list[str]) -> Mapping[str, bytes]:
        return {digest: bytes(pieces[digest]) for digest in wanted if digest in pieces}

    return (await chunks.whole([root], fetch)).get(root)


@pytest.mark.parametrize("size", [1, 511, 8192, 8193, 30_000, 1_000_000, 5_000_000])
@pytest.mark.parametrize("of", ["words", "one letter", "noise"])
async def test_every_byte_comes_back(size: int, of: str) -> None:
    chance = random.Random(size)
    data = {"words": lambda: text(chance, size), "one letter": lambda: b"x" * size}.get(
        of, lambda: chance.randbytes(size).hex().encode()[:size]
    )()
    root, pieces = chunks.split(data)
    stored = {digest: chunks.unpacked(chunks.packed(piece)) for digest, piece in pieces}
    assert await back(root, stored) == data
    assert max(map(len, stored.values())) <= 30_000


async def test_a_value_of_which_a_piece_is_missing_is_left_out() -> None:
    root, pieces = chunks.split(text(random.Random(1), 50_000))
    stored = dict(pieces)
    del stored[next(digest for digest in stored if digest != root)]
    assert await back(root, stored) is None
    assert await back("0" * 64, stored) is None


@pytest.mark.parametrize("where", ["at the end", "at the start", "in the middle"])
def test_what_changed_a_little_shares_the_rest(where: str) -> None:
    chance = random.Random(7)
    before = text(chance, 400_000)
    at = {"at the end": len(before), "at the start": 1}.get(where, 200_000)
    after = before[:at] + text(chance, 1000) + before[at:]
    known = dict(chunks.split(before)[1])
    new = [piece for digest, piece in chunks.split(after)[1] if digest not in known]
    assert sum(map(len, new)) < 12_000


def test_a_text_that_only_repeats_itself_shares_what_stands_before() -> None:
    known = dict(chunks.split(b"x" * 400_000)[1])
    new = [piece for digest, piece in chunks.split(b"x" * 401_000)[1] if digest not in known]
    assert sum(map(len, new)) < 6_000
