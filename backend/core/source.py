"""The text of a file as plain data whose every value knows its line and column, from YAML 1.2 or JSON.

Nothing but text, numbers, true, false, null, lists and mappings is ever made of it, and no key may repeat.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from backend.core.errors import Invalid, Problem

Path = tuple[str | int, ...]
MAX_DEPTH = 100
MAX_WHOLE = 2**53 - 1  # a browser keeps no larger whole number exactly


class Unreadable(Invalid):
    """The text cannot be read; each problem tells line, column and place."""

    code, title = "unreadable_file", "The file cannot be read"


@dataclass(frozen=True, order=True)
class Mark:
    """A place in the text, counted from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


class Source:
    """The data, and where each value of it stands (found out when somebody asks)."""

    def __init__(self, data: Any, find_marks: Callable[[], dict[Path, Mark]]) -> None:
        self.data = data
        self._find_marks = find_marks

    @cached_property
    def marks(self) -> dict[Path, Mark]:
        """The place of every value by its path."""
        return self._find_marks()

    def mark(self, path: Path) -> Mark:
        """Where the value stands, or the nearest one around it."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, Mark(1, 1))


def problem(message: str, fix: str, mark: Mark, path: Path = ()) -> Problem:
    """One thing that is wrong, with its line, column and path."""
    place = place_of(path)
    told = f"{str(mark).capitalize()}: {place + ': ' if place else ''}{message}"
    return Problem(told, place, fix, "unreadable_file", line=mark.line, column=mark.column)


def refused(message: str, fix: str, mark: Mark, path: Path = ()) -> Unreadable:
    """The error for one thing that is wrong."""
    found = problem(message, fix, mark, path)
    return Unreadable(found.message, fix=fix, problems=[found])


def place_of(path: Path) -> str:
    """`nodes[3].config.labels`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def decoded(text: str | bytes) -> str:
    """The text, without a byte order mark; raises Unreadable where it is not UTF-8."""
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as wrong:
        line = text.count(b"\n", 0, wrong.start) + 1
        column = wrong.start - text.rfind(b"\n", 0, wrong.start)
        raise refused("this is not UTF-8.", "Save the file as UTF-8.", Mark(line, column)) from None


def looks_like_json(text: str) -> bool:
    """YAML may begin with a brace too; then its keys are not in double quotes."""
    return re.match(r"\s*\{\s*[\"}]", text) is not None


def unkeepable(value: Any) -> tuple[Path, str, str] | None:
    """The first value that databases or browsers cannot keep: its path, what is wrong, and the fix."""
    waiting: list[tuple[Path, Any]] = [((), value)]
    while waiting:
        path, at = waiting.pop()
        if len(path) > MAX_DEPTH:
            return path[:3], f"nested deeper than {MAX_DEPTH} levels.", "Flatten the value."
        if isinstance(at, dict):
            pairs = cast(dict[str, Any], at).items()
            waiting += [((*path, key), inner) for key, inner in pairs]
            wrong = next((w for key, _ in pairs if (w := _wrong_text(key))), None)
        elif isinstance(at, list):
            waiting += [((*path, index), inner) for index, inner in enumerate(cast(list[Any], at))]
            wrong = None
        else:
            wrong = _wrong_scalar(at)
        if wrong:
            return path, *wrong
    return None


def _wrong_scalar(value: Any) -> tuple[str, str] | None:
    if isinstance(value, str):
        return _wrong_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "this is no finite number.", "Give a number, or write it as text in quotes."
    if isinstance(value, int) and abs(value) > MAX_WHOLE:
        return "a whole number of more than 53 bits loses its last digits in browsers.", "Write it in quotes."
    return None


def _wrong_text(text: str) -> tuple[str, str] | None:
    if "\0" in text:
        return "the text holds a NUL character.", "Remove it."
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        return "the text holds half of a character pair (a lone surrogate).", "Write the character itself."
    return None
