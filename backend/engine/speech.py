"""What models say while they say it: told to those who watch at most twenty times a second a step, and never stored."""

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from backend.inference.chat_types import Hear

EVERY_SECONDS = 0.05
AGAIN_SECONDS = 1.0
"""So often the end of the text is told once more: to those who came late, and to those whom a piece did not reach."""

MOST_AT_ONCE = 8_000
MOST_OF_ALL = 200_000
"""So many characters of an answer are told; the rest comes with the step's output."""

Tell = Callable[[dict[str, Any]], None]


def timed(hear: Hear | None, heard: list[float]) -> Hear | None:
    """The same hearer, which notes after how many ms the first piece came."""
    if hear is None:
        return None
    begun = time.perf_counter()

    def listen(piece: str) -> None:
        if piece and not heard:
            heard.append(round((time.perf_counter() - begun) * 1000, 1))
        hear(piece)

    return listen


def _same(text: str) -> str:
    return text


def _unheard(piece: str) -> None:
    """For answers that nobody may see before they are checked."""


@dataclass(eq=False, slots=True)
class _Saying:
    """One answer on its way. Pieces say where they begin, so that whoever lost one knows it."""

    number: int
    text: str = ""
    told: int = 0
    whole_at: float = 0.0
    fresh: bool = False
    open: bool = True

    def part(self, clean: Callable[[str], str], now: float) -> dict[str, Any]:
        """What is new, or the end of all of it where that was not told for a while."""
        shown, again = clean(self.text), now - self.whole_at >= AGAIN_SECONDS
        begin = max(0 if again else self.told, len(shown) - MOST_AT_ONCE)
        self.told, self.fresh = len(shown), False
        if again:
            self.whole_at = now
        return {"call": self.number, "from": begin, "text": shown[begin:]}


@dataclass(slots=True)
class Speech:
    """One a try. Without somebody to tell, nothing is collected; `clean` covers what must not be seen."""

    clean: Callable[[str], str] = _same
    tell: Tell | None = None
    _count: int = 0
    _sayings: list[_Saying] = field(default_factory=list[_Saying])
    _timer: asyncio.TimerHandle | None = None
    _last: float = 0.0

    @contextmanager
    def call(self, *, shown: bool = True) -> Generator[Hear | None]:
        """While a model answers: what hears its pieces, and keeps them for itself unless they may be shown."""
        if self.tell is None or not shown:
            yield None if self.tell is None else _unheard
            return
        self._count += 1
        saying = _Saying(self._count)
        self._sayings.append(saying)

        def hear(piece: str) -> None:
            if piece and len(saying.text) < MOST_OF_ALL:
                saying.text, saying.fresh = saying.text + piece[:MOST_OF_ALL], True
                self._ring(EVERY_SECONDS)

        try:
            yield hear
        finally:
            saying.open = False

    def close(self) -> None:
        """The try is over: nothing more is told, for its end says everything."""
        self.tell = None
        self._sayings.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _ring(self, pause: float) -> None:
        """Tell so long after the last time, or sooner where that is planned already."""
        due = max(self._last + pause, asyncio.get_running_loop().time())
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(due, self._tell_one)

    def _tell_one(self) -> None:
        """One piece of one answer, so that several at once are not told more often than one."""
        self._timer, self._last = None, asyncio.get_running_loop().time()
        self._sayings = [one for one in self._sayings if one.open or one.fresh]
        # Sorting is stable and the one that was told goes to the end: each has its turn.
        heard = sorted((one for one in self._sayings if one.text), key=lambda one: not one.fresh)
        if heard and self.tell is not None:
            first = heard[0]
            self._sayings.remove(first)
            self._sayings.append(first)
            self.tell(first.part(self.clean, self._last))
        if self._sayings:
            self._ring(EVERY_SECONDS if any(one.fresh for one in self._sayings) else AGAIN_SECONDS)
