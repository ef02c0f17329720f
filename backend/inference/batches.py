"""Which waiting texts are answered together: same length, most patient first, within a budget of padded tokens."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field

# Every shape a model ever sees is one of these: random shapes make OpenVINO's memory grow without end.
LENGTHS = (8, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256)
SIZES = (1, 2, 4, 8, 12, 16, 24, 32)
TOKEN_BUDGET = 4096


@dataclass
class Waiting:
    """One tokenised text and who waits for its embedding."""

    tokens: list[int]
    answer: asyncio.Future[bytes]
    since: float = field(default_factory=time.monotonic)


class Batches:
    """The waiting texts by padded length."""

    def __init__(self) -> None:
        self._by_length: dict[int, deque[Waiting]] = {length: deque() for length in LENGTHS}

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._by_length.values())

    def add(self, waiting: Waiting) -> None:
        """A text more."""
        self._by_length[padded(len(waiting.tokens), LENGTHS)].append(waiting)

    def next(self) -> tuple[int, list[Waiting]] | None:
        """The next batch with its padded length: that of whoever waits longest, filled up with shorter texts."""
        lengths = [length for length, queue in self._by_length.items() if queue]
        if not lengths:
            return None
        length = min(lengths, key=lambda one: self._by_length[one][0].since)
        room = max(1, min(SIZES[-1], TOKEN_BUDGET // length))
        chosen: list[Waiting] = []
        for shorter in reversed([one for one in lengths if length // 2 <= one <= length]):
            queue = self._by_length[shorter]
            while queue and len(chosen) < room:
                waiting = queue.popleft()
                if not waiting.answer.done():  # whoever left is not worth a row
                    chosen.append(waiting)
        return (length, chosen) if chosen else self.next()


def padded(size: int, steps: tuple[int, ...]) -> int:
    """The smallest allowed size that holds so many; the largest one where none does."""
    return next((step for step in steps if step >= size), steps[-1])
