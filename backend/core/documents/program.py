"""The process that parses one document: limits itself, reads the document from its input, and prints what is in it.

It imports nothing of the product but its neighbours here, and is given no secrets, no settings and no network.
"""

import json
import resource
import sys
from typing import Any

from backend.core.documents.gathered import Full, Gathered, NotThisFormat

MEMORY_BYTES = 1_000_000_000
CPU_SECONDS = 20
UNPACKED_BYTES = 300_000_000
"""An archive that says of itself that it is larger is refused; one that lies meets the limit of memory."""


def main() -> None:
    """`program FORMAT CHARACTERS < document`."""
    _limit()
    format_, characters = sys.argv[1], int(sys.argv[2])
    try:
        found = read(format_, sys.stdin.buffer.read(), characters)
    except NotThisFormat as wrong:
        found = {"error": str(wrong)}
    except (MemoryError, RecursionError):
        found = {"error": "The document needs more memory than is allowed."}
    except Exception as wrong:  # noqa: BLE001 - the edge of the process: parsers raise whatever they like at hostile files
        found = {"error": f"The document is damaged ({type(wrong).__name__})."}
    sys.stdout.write(json.dumps(found))


def read(format_: str, content: bytes, characters: int) -> dict[str, Any]:
    """What is in the document, up to so many characters."""
    into, truncated = Gathered(characters), False
    try:
        _parse(format_, content, into)
    except Full:
        truncated = True
    return into.told(format_, truncated=truncated)


def _parse(format_: str, content: bytes, into: Gathered) -> None:
    """Each format has a file; only the one that is needed is loaded."""
    if format_ == "pdf":
        from backend.core.documents import pdf as reader
    elif format_ == "docx":
        from backend.core.documents import word as reader
    elif format_ == "xlsx":
        from backend.core.documents import sheets as reader
    elif format_ == "html":
        from backend.core.documents import pages as reader
    elif format_ == "csv":
        from backend.core.documents import rows as reader
    else:
        from backend.core.documents import plain as reader
    if format_ in ("docx", "xlsx"):
        _require_small(content)
    reader.read(content, into)


def _require_small(content: bytes) -> None:
    from io import BytesIO
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(BytesIO(content)) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except BadZipFile as wrong:
        raise NotThisFormat(f"The document is damaged: {wrong}.") from None
    if size > UNPACKED_BYTES:
        raise NotThisFormat(
            f"The document would unpack to {size:,} bytes; at most {UNPACKED_BYTES:,} are allowed."
        )


def _limit() -> None:
    for sort, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(sort, (most, most))


if __name__ == "__main__":
    main()
