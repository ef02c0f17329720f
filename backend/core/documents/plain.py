"""Text as it is."""

from backend.core.documents.gathered import Gathered


def read(content: bytes, into: Gathered) -> None:
    """All of it in one piece."""
    into.pages = 1
    into.say(decoded(content))


def decoded(content: bytes) -> str:
    """UTF-8 or UTF-16 where the text says so, else as old programs of Western Europe write."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
