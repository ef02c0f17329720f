"""A table of text: comma-separated values, or whatever separates them."""

import csv
from io import StringIO

from backend.core.documents.gathered import Gathered, NotThisFormat
from backend.core.documents.plain import decoded

_LONGEST_CELL = 1_000_000


def read(content: bytes, into: Gathered) -> None:
    """The separator is found by looking at the beginning."""
    text = decoded(content)
    csv.field_size_limit(_LONGEST_CELL)
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text[:20_000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    into.pages = 1
    try:
        into.table("table 1", ([cell.strip() for cell in row] for row in csv.reader(StringIO(text), dialect)))
    except csv.Error as wrong:
        raise NotThisFormat(f"The table cannot be read: {wrong}.") from None
