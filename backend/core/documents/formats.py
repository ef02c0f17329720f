"""Which format a document has: what its bytes say goes before its name and before what a server claims."""

from typing import Literal

Format = Literal["pdf", "docx", "xlsx", "html", "csv", "text"]
_ENDS: dict[str, Format] = {
    ".csv": "csv", ".tsv": "csv", ".htm": "html", ".html": "html", ".xhtml": "html", ".txt": "text", ".md": "text",
    ".json": "text", ".xml": "text", ".yaml": "text", ".yml": "text", ".log": "text",
}  # fmt: skip
_TYPES: dict[str, Format] = {"text/csv": "csv", "text/tab-separated-values": "csv", "text/html": "html",
                             "application/xhtml+xml": "html"}  # fmt: skip


def of(content: bytes, name: str, media_type: str) -> Format | None:
    """The format; none for what is not among those that are read."""
    head = content[:1024].lstrip().lower()
    if b"%pdf-" in head:
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        return _packed(content)
    path = name.lower().split("?")[0].split("#")[0]
    found: Format | None = next((format_ for end, format_ in _ENDS.items() if path.endswith(end)), None)
    claimed = _TYPES.get(media_type.split(";")[0].strip().lower())
    return claimed or found or _guessed(content, head)


def _guessed(content: bytes, head: bytes) -> Format | None:
    """Without a name or a type: a page, or text where it holds no NUL."""
    if head.startswith((b"<!doctype html", b"<html")):
        return "html"
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))  # UTF-16
    return "text" if wide or b"\0" not in content[:4096] else None


def _packed(content: bytes) -> Format | None:
    """Word and Excel files are archives; the names of their parts stand in them unpacked."""
    if b"word/document" in content:
        return "docx"
    return "xlsx" if b"xl/workbook" in content else None
