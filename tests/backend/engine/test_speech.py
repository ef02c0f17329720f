"""What a model says is told while it says it: not too often, not too much, and nothing that must not be seen."""

import asyncio
import itertools
from functools import partial
from typing import Any

from backend.engine import speech
from backend.engine.speech import Speech
from backend.worker import redaction

CANARY = "sk-canary-1234"


class Told:
    """Keeps the pieces with their times, and puts the text together as a reader does."""

    def __init__(self) -> None:
        self.pieces: list[dict[str, Any]] = []
        self.at: list[float] = []

    def __call__(self, piece: dict[str, Any]) -> None:
        self.pieces.append(piece)
        self.at.append(asyncio.get_running_loop().time())

    def text(self, call: int = 1) -> str:
        known = ""
        for piece in self.pieces:
            if piece["call"] == call:
                assert piece["from"] <= len(known), "a reader that got every piece misses nothing"
                known = known[: piece["from"]] + piece["text"]
        return known

    async def until(self, call: int, text: str) -> None:
        async with asyncio.timeout(60):
            while self.text(call) != text:
                await asyncio.sleep(0.005)


async def test_pieces_are_told_together_at_most_twenty_times_a_second() -> None:
    told = Told()
    said = Speech(tell=told)
    words = [f"word{n} " for n in range(400)]
    with said.call() as hear:
        assert hear is not None
        for word in words:
            hear(word)
            await asyncio.sleep(0.001)
        await told.until(1, "".join(words))
        seconds = told.at[-1] - told.at[0]
        assert 2 < len(told.pieces) <= 20 * seconds + 2
        gaps = [b - a for a, b in itertools.pairwise(told.at)]
        assert min(gaps) > 0.8 * speech.EVERY_SECONDS
    said.close()


async def test_two_answers_at_once_are_told_no_more_often_than_one() -> None:
    told = Told()
    said = Speech(tell=told)
    with said.call() as first, said.call() as second:
        assert first is not None
        assert second is not None
        for _ in range(100):
            first("a")
            second("b")
            await asyncio.sleep(0.002)
        await told.until(1, "a" * 100)
        await told.until(2, "b" * 100)
    assert len(told.pieces) <= 20 * (told.at[-1] - told.at[0]) + 2
    said.close()


async def test_who_comes_late_gets_the_text_again_though_nothing_is_said() -> None:
    told = Told()
    said = Speech(tell=told)
    with said.call() as hear:
        assert hear is not None
        hear("so far")
        await told.until(1, "so far")
        late = len(told.pieces)
        async with asyncio.timeout(60):
            while len(told.pieces) == late:
                await asyncio.sleep(0.05)
    assert told.pieces[late] == {"call": 1, "from": 0, "text": "so far"}
    said.close()


async def test_a_piece_has_a_size_and_so_has_the_whole() -> None:
    told = Told()
    said = Speech(tell=told)
    with said.call() as hear:
        assert hear is not None
        for _ in range(6):
            hear("x" * 100_000)
            await asyncio.sleep(0.06)
    said.close()
    assert max(len(piece["text"]) for piece in told.pieces) == speech.MOST_AT_ONCE
    assert max(piece["from"] + len(piece["text"]) for piece in told.pieces) <= 2 * speech.MOST_OF_ALL


async def test_when_the_try_is_over_nothing_more_is_told() -> None:
    told = Told()
    said = Speech(tell=told)
    with said.call() as hear:
        assert hear is not None
        hear("never seen")
    said.close()
    await asyncio.sleep(2 * speech.EVERY_SECONDS)
    assert told.pieces == []


async def test_without_somebody_to_tell_nothing_is_collected() -> None:
    with Speech().call() as hear:
        assert hear is None


async def test_a_secret_is_covered_also_when_it_comes_in_pieces() -> None:
    told = Told()
    said = Speech(partial(redaction.so_far, {CANARY}), told)
    with said.call() as hear:
        assert hear is not None
        for letter in f"The key is {CANARY}, it seems. sk-c":
            hear(letter)
            await asyncio.sleep(0.015)
        await told.until(1, "The key is •••, it seems. ")
    said.close()
    assert "sk-" not in str(told.pieces), "not even the beginning of one, for the rest could follow"
