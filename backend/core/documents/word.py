"""The paragraphs and tables of a Word document, in their order."""

from importlib import import_module
from io import BytesIO
from typing import Any

from backend.core.documents.gathered import Gathered


def read(content: bytes, into: Gathered) -> None:
    """Headings become Markdown headings."""
    docx: Any = import_module("docx")  # has no types for its parts
    document = docx.Document(BytesIO(content))
    into.title = document.core_properties.title or ""
    into.pages = 1
    for number, block in enumerate(document.iter_inner_content(), start=1):
        if hasattr(block, "rows"):
            into.table(f"table {number}", ([cell.text.strip() for cell in row.cells] for row in block.rows))
            continue
        style = (block.style.name or "") if block.style is not None else ""
        level = style.removeprefix("Heading ") if style.startswith("Heading ") else ""
        into.say(f"{'#' * int(level)} {block.text}" if level.isdecimal() else block.text)
