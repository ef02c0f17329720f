"""Events on their way to the readers of a run. What costs per event is done once, however many read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from backend.runs import redaction

FRAME = 200_000
"""Characters of a message of the websocket; clients refuse messages of more than a megabyte."""

BEAT_KIND, RESYNC_KIND = "beat", "resync"
_OURS = frozenset({BEAT_KIND, RESYNC_KIND})
"""What a stream says of itself."""


@dataclass(frozen=True)
class Item:
    """One event as JSON text; `seq` is None for volatile ones."""

    seq: int | None
    kind: str
    text: str

    @cached_property
    def without_values(self) -> Self | None:
        """As those see it from whom values are hidden; made once, however many they are."""
        if self.kind in _OURS:
            return self
        if self.kind in redaction.VALUES_ONLY:
            return None
        return replace(self, text=redaction.of_text(self.text))


class Batch(tuple[Item, ...]):
    """Events that go together: all readers hold the same one, and with it the texts that were made of it."""

    @cached_property
    def rows(self) -> "Batch":
        """Those that are stored."""
        return Batch(item for item in self if item.seq is not None)

    @cached_property
    def without_values(self) -> "Batch":
        """As those see it from whom values are hidden."""
        return Batch(one for item in self if (one := item.without_values))

    @cached_property
    def last(self) -> int:
        """The greatest number; 0 if all are volatile."""
        return max((item.seq or 0 for item in self), default=0)

    @cached_property
    def frames(self) -> Sequence[str]:
        """As messages of the websocket: as many as have room in one, a line each; an event is never cut."""
        return list(_frames([item.text for item in self]))

    @cached_property
    def server_sent(self) -> str:
        """As server-sent events, each a message of its own."""
        return "".join(map(_message, self))

    def after(self, sent: int) -> tuple["Batch", bool]:
        """What is new to a reader that has the rows up to `sent`, up to the first that is missing; False where one is."""
        first, unbroken = self._numbers
        if not first or (unbroken and first == sent + 1):
            return self, True
        news = list[Item]()
        for item in self:
            if item.seq is None or item.seq == sent + 1:
                news.append(item)
                sent = item.seq or sent
            elif item.seq > sent:
                return Batch(news), False
        return Batch(news), True

    @cached_property
    def _numbers(self) -> tuple[int, bool]:
        """The first number, 0 where there is none, and whether the others follow it one by one."""
        numbers = [item.seq for item in self if item.seq is not None]
        if not numbers:
            return 0, True
        return numbers[0], numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _frames(texts: Sequence[str]) -> Iterator[str]:
    taken, size = list[str](), 0
    for text in texts:
        if taken and size + len(text) > FRAME:
            yield "\n".join(taken)
            taken, size = [], 0
        taken.append(text)
        size += len(text)
    if taken:
        yield "\n".join(taken)


def _message(item: Item) -> str:
    if item.kind == BEAT_KIND:
        return ": still here\n\n"
    number = "" if item.seq is None else f"id: {item.seq}\n"
    return f"{number}data: {item.text}\n\n"
