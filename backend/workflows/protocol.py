"""The frames of a draft's socket: those of y-protocols, so that `y-websocket` fits, and one of ours, the barrier.

    sync       0  step 1 (0: a state vector) | step 2 (1: an update) | update (2: an update)
    awareness  1  who is here, with cursor and selection
    auth       2  permission denied (0), with a reason; the socket stays open for reading
    query      3  asks for everybody's awareness
    barrier  100  a number; comes back once all that was sent before it is in the database

A client that never sends a barrier never receives one. A frame that cannot be read raises BadFrame.
"""

from dataclasses import dataclass
from typing import Literal

Word = Literal["step1", "step2", "update", "awareness", "query", "barrier"]

SYNC, AWARENESS, AUTH, QUERY, BARRIER = 0, 1, 2, 3, 100
_SYNC_WORDS: dict[int, Word] = {0: "step1", 1: "step2", 2: "update"}
_SYNC_CODES = {word: code for code, word in _SYNC_WORDS.items()}
_LONGEST_NUMBER = 2**53


class BadFrame(ValueError):
    """The bytes are no frame of this protocol."""


@dataclass(frozen=True)
class Frame:
    """What a client says: a word with its bytes, or a barrier with its number."""

    word: Word
    body: bytes = b""
    number: int = 0


class Reader:
    """Reads numbers and byte strings from the front, never beyond the end."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self) -> int:
        """A variable-length unsigned number."""
        value = shift = 0
        while True:
            if self.at >= len(self.data) or value > _LONGEST_NUMBER:
                raise BadFrame("the frame ends in the middle of a number")
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def byte(self) -> int:
        """One byte."""
        self.skip(1)
        return self.data[self.at - 1]

    def skip(self, count: int) -> None:
        """Pass over so many bytes."""
        if self.at + count > len(self.data):
            raise BadFrame("the frame is shorter than it says")
        self.at += count

    def bytes_(self) -> bytes:
        """A byte string with its length before it."""
        length = self.number()
        end = self.at + length
        if end > len(self.data):
            raise BadFrame("the frame is shorter than it says")
        found, self.at = self.data[self.at : end], end
        return found


def number(value: int) -> bytes:
    """A variable-length unsigned number."""
    parts = bytearray()
    while value > 127:
        parts.append(128 | (value & 127))
        value >>= 7
    parts.append(value)
    return bytes(parts)


def bytes_(data: bytes) -> bytes:
    """A byte string with its length before it."""
    return number(len(data)) + data


def frame_of(data: bytes) -> Frame | None:
    """What a client said; None for kinds of frames that we do not know, as y-protocols wants it."""
    reader = Reader(data)
    kind = reader.number()
    if kind == SYNC:
        word = _SYNC_WORDS.get(reader.number())
        if word is None:
            raise BadFrame("an unknown kind of sync frame")
        return Frame(word, reader.bytes_())
    if kind == AWARENESS:
        return Frame("awareness", reader.bytes_())
    if kind == BARRIER:
        return Frame("barrier", number=reader.number())
    return Frame("query") if kind == QUERY else None


def sync(word: Literal["step1", "step2", "update"], body: bytes) -> bytes:
    """A sync frame."""
    return bytes([SYNC, _SYNC_CODES[word]]) + bytes_(body)


def awareness(states: bytes) -> bytes:
    """An awareness frame."""
    return bytes([AWARENESS]) + bytes_(states)


def denied(reason: str) -> bytes:
    """The frame that says why an edit was refused."""
    return bytes([AUTH, 0]) + bytes_(reason.encode())


def barrier(value: int) -> bytes:
    """The frame that says: everything before your barrier of this number is durable."""
    return number(BARRIER) + number(value)
