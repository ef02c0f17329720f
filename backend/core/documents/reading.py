"""Gives the text and tables of a document, parsed in a process with limits of memory, time and output.

DocumentError (Invalid)
├── NotReadable    the format is not known, or the document is damaged or locked
└── TooMuch        it took too long or too much memory; the process was stopped
"""

import asyncio
import base64
import binascii
import sys
from functools import lru_cache
from pathlib import Path
from typing import cast
from urllib.parse import unquote_to_bytes

from pydantic import JsonValue

from backend.core import json, sandbox_launcher
from backend.core.documents import formats
from backend.core.errors import Invalid, TooLarge

SECONDS = 30.0
MOST_BYTES = 10_000_000
_AT_ONCE = 2
_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parents[2]
_START = "import sys; sys.path.insert(0, {root!r}); from backend.core.documents.program import main; main()"


class DocumentError(Invalid):
    """A document gives nothing."""

    code, title = "document", "The document cannot be read"


class NotReadable(DocumentError):
    """Not a format that is read here, or damaged."""

    code = "document_unreadable"


class TooMuch(DocumentError):
    """It met a limit of the process that reads it."""

    code = "document_limit"


async def read(content: bytes, name: str, media_type: str, characters: int) -> dict[str, JsonValue]:
    """`format`, `title`, `pages`, `text`, `tables` and whether something was left out; raises DocumentError."""
    if len(content) > MOST_BYTES:
        raise TooLarge(f"The document has {len(content):,} bytes; at most {MOST_BYTES:,} are read.")
    format_ = formats.of(content, name, media_type)
    if format_ is None:
        raise NotReadable(
            "The document is none of PDF, DOCX, XLSX, HTML, CSV and text.", fix="Save it as one of them."
        )
    async with _places(asyncio.get_running_loop()):
        printed = await _parsed(format_, content, characters)
    found = cast(dict[str, JsonValue], json.parse(printed, "the document"))
    if "error" in found:
        raise NotReadable(str(found["error"]))
    return found


def from_data(address: str) -> tuple[bytes, str]:
    """The bytes of a `data:` address and their media type."""
    head, comma, body = address.partition(",")
    if not head.startswith("data:") or not comma:
        raise NotReadable("This is not a file.", fix="Give a web address, or a file as a data: address.")
    kind, *more = head.removeprefix("data:").split(";")
    try:
        content = base64.b64decode(body, validate=True) if "base64" in more else unquote_to_bytes(body)
    except (binascii.Error, ValueError):
        raise NotReadable("The file is not in base64.") from None
    return content, kind


async def _parsed(format_: str, content: bytes, characters: int) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *_command(format_, characters),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    try:
        async with asyncio.timeout(SECONDS):
            printed = await _spoken(process, content, characters)
            ended = await process.wait()
    except TimeoutError:
        raise TooMuch(
            f"Reading the document took longer than {SECONDS:g} seconds.", fix="Cut it in parts."
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if ended or not printed:
        raise TooMuch(
            "Reading the document took too much time or memory and was stopped.", fix="Cut it in parts."
        )
    return printed


async def _spoken(process: asyncio.subprocess.Process, content: bytes, characters: int) -> bytes:
    """What it prints while it is given the document; nothing, and its end, where it prints more than it may."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the process was started without pipes")
    most = 24 * characters + 100_000  # text and tables, a character of which is at most twelve of JSON
    heard = bytearray()
    async with asyncio.TaskGroup() as group:
        group.create_task(_give(process.stdin, content))
        while len(heard) <= most and (piece := await process.stdout.read(65_536)):
            heard += piece
        if len(heard) > most:
            process.kill()
    return bytes(heard)


async def _give(pipe: asyncio.StreamWriter, content: bytes) -> None:
    try:
        pipe.write(content)
        await pipe.drain()
        pipe.close()
        await pipe.wait_closed()
    except (BrokenPipeError, ConnectionResetError):  # it was stopped; what it says tells why
        return


def _command(format_: str, characters: int) -> list[str]:
    """Python without the product: inside bubblewrap where that works, else with an empty environment alone."""
    libraries = [
        place for place in dict.fromkeys((sys.prefix, sys.base_prefix, "/usr")) if Path(place).exists()
    ]
    walls = sandbox_launcher.around(
        {**{place: place for place in libraries}, str(_HERE): "/app/backend/core/documents"}
    )
    start = _START.format(root="/app" if walls else str(_ROOT))
    return [*walls, sys.executable, "-I", "-B", "-c", start, format_, str(characters)]


@lru_cache(maxsize=4)
def _places(loop: asyncio.AbstractEventLoop) -> asyncio.Semaphore:
    """A process has a gigabyte at most, so few run at once."""
    return asyncio.Semaphore(_AT_ONCE)
