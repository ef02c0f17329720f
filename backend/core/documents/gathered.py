"""What is read of a document: text, tables and numbers, up to a limit."""

from collections.abc import Iterable
from typing import Any


class Full(Exception):
    """Enough was read; the rest is left out."""


class NotThisFormat(Exception):
    """The document cannot be read as what it claims to be; the text is for people."""


class Gathered:
    """Text grows until the limit of characters is reached, which raises Full; tables have a limit of the same size."""

    def __init__(self, limit: int) -> None:
        self._left = self._cells_left = limit
        self._parts: list[str] = []
        self._tables: list[dict[str, Any]] = []
        self.title = ""
        self.pages = 0

    def say(self, text: str) -> None:
        """A paragraph, a page or a row."""
        text = _clean(text).strip()
        if not text:
            return
        self._parts.append(text[: self._left])
        self._left -= len(text) + 1
        if self._left <= 0:
            raise Full

    def table(self, name: str, rows: Iterable[list[str]], *, aloud: bool = True) -> None:
        """Rows of cells, also as text with | between them if it is read aloud. What fits stays when the rest does not."""
        kept: list[list[str]] = []
        self._tables.append({"name": _clean(name)[:200], "rows": kept})
        for row in rows:
            if not any(row):
                continue
            cells = [_clean(cell) for cell in row]
            self._cells_left -= sum(len(cell) + 4 for cell in cells)
            if self._cells_left <= 0:
                raise Full
            kept.append(cells)
            if aloud:
                self.say(" | ".join(cells))

    def told(self, format_: str, *, truncated: bool) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "format": format_,
            "title": _clean(self.title)[:500],
            "pages": self.pages,
            "text": "\n".join(self._parts),
            "tables": [table for table in self._tables if table["rows"]],
            "truncated": truncated,
        }


def _clean(text: str) -> str:
    """Without what JSON and databases cannot keep."""
    return text.replace("\0", "").encode(errors="replace").decode()
