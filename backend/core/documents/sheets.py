"""The sheets of an Excel workbook: values as they were computed last, never formulas, links or macros."""

from importlib import import_module
from io import BytesIO
from typing import Any

from backend.core.documents.gathered import Gathered

MOST_COLUMNS = 500


def read(content: bytes, into: Gathered) -> None:
    """Each sheet is a table."""
    openpyxl: Any = import_module("openpyxl")  # has no types
    book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    into.title = book.properties.title or ""
    for sheet in book.worksheets:
        into.pages += 1
        into.say(f"## {sheet.title}")
        rows = sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS)
        into.table(sheet.title, (_cells(row) for row in rows))


def _cells(row: tuple[Any, ...]) -> list[str]:
    """Without the empty cells at its end, of which a sheet may claim thousands."""
    cells = [_shown(value) for value in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value).strip()
