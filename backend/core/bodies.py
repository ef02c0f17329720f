"""Reads the bodies of requests that carry files."""

from starlette.requests import Request

from backend.core.errors import TooLarge
from backend.core.settings import settings


async def text(request: Request) -> bytes:
    """The whole body; raises TooLarge as soon as it is."""
    limit = settings().max_input_bytes
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > limit:
            told = f"The file is larger than {limit:,} bytes."
            raise TooLarge(told, fix="Send less, or raise QUADRILLE_MAX_INPUT_BYTES.", limit=limit)
    return bytes(found)
