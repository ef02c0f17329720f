"""Reads JSON text, and finds the line and column of each of its values."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from backend.core.source import Mark, Path, Source, refused, unkeepable

_TOKEN = re.compile(r'\s*(?:([{}\[\],:])|("(?:[^"\\]|\\.)*")|([^\s{}\[\],:"]+))')


def parse(text: str) -> Source:
    """The data of the text; raises Unreadable, located."""
    repeats: list[bool] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        repeats.append(len(made) < len(found))
        return made

    try:
        data = json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as wrong:
        told = f"this is not JSON: {wrong.msg}."
        raise refused(told, "Mend the text there.", Mark(wrong.lineno, wrong.colno)) from None
    except RecursionError:
        raise refused("the values are nested too deeply.", "Flatten them.", Mark(1, 1)) from None
    except ValueError:
        raise refused("a number is too long.", "Write it in quotes.", Mark(1, 1)) from None
    if any(repeats):
        raise _repeated(text)
    source = Source(data, lambda: dict(_marks(text)))
    if wrong := unkeepable(data):
        path, told, fix = wrong
        raise refused(told, fix, source.mark(path), path)
    return source


def _repeated(text: str) -> Exception:
    seen: set[Path] = set()
    for path, mark in _marks(text):
        if path in seen:
            return refused("this key is there twice.", "Remove one of them.", mark, path)
        seen.add(path)
    return refused("a key is there twice.", "Remove one of them.", Mark(1, 1))


class _Walk:
    """Where in the nested values the next token stands."""

    def __init__(self) -> None:
        self.path: list[str | int] = []
        self.opened: list[str] = []
        self.key_next = False

    def structure(self, sign: str) -> None:
        """Go in, out or on."""
        if sign in "{[":
            self.opened.append(sign)
            self.path.append("" if sign == "{" else 0)
            self.key_next = sign == "{"
        elif sign in "}]":
            self.opened.pop()
            self.path.pop()
            self.key_next = False
        elif sign == ",":
            self.key_next = self.opened[-1] == "{"
            if not self.key_next:
                self.path[-1] = int(self.path[-1]) + 1
        else:
            self.key_next = False

    def at_an_entry(self) -> bool:
        """True where a value has no key: in a list, or at the very top."""
        return not self.opened or self.opened[-1] == "["


def _marks(text: str) -> Iterator[tuple[Path, Mark]]:
    """Of a text that is known to be JSON: a value with a key is where its key is."""
    lines = [-1, *(found.start() for found in re.finditer("\n", text))]

    def mark_at(start: int) -> Mark:
        line = bisect_right(lines, start - 1)
        return Mark(line, start - lines[line - 1])

    walk = _Walk()
    for token in _TOKEN.finditer(text):
        structure, quoted = token.group(1), token.group(2)
        start = token.start(token.lastindex or 0)
        if walk.key_next and quoted:
            walk.path[-1] = json.loads(quoted, strict=False)
            yield tuple(walk.path), mark_at(start)
            continue
        if (structure is None or structure in "{[") and walk.at_an_entry():
            yield tuple(walk.path), mark_at(start)
        if structure:
            walk.structure(structure)
