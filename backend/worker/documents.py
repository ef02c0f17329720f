"""The document that a step names: fetched through the guarded client, or taken out of a `data:` address, and parsed."""

from urllib.parse import urlsplit

from backend.core import http
from backend.core.documents import reading
from backend.core.errors import Invalid, Unavailable
from backend.core.http import Limits
from backend.nodes.kind import Document

_SECONDS = 30.0


class NotThere(Invalid):
    """The server does not give the document."""

    code, title = "document_missing", "There is no document"


class Troubled(Unavailable):
    """The server is in trouble of its own: another try may well succeed."""

    code, title = NotThere.code, NotThere.title


async def read(source: str, characters: int, redirects: int) -> Document:
    """What is in it; raises OutboundError or DocumentError, or one of the errors above."""
    if source.startswith("data:"):
        content, media_type = reading.from_data(source)
        name = ""
    else:
        limits = Limits(seconds=_SECONDS, max_bytes=reading.MOST_BYTES, redirects=redirects)
        reply = await http.request("GET", source, limits=limits)
        if reply.status >= 400:
            raised = Troubled if reply.status >= 500 or reply.status in (408, 425, 429) else NotThere
            raise raised(f"{urlsplit(source).hostname} answered {reply.status}.")
        content, media_type = reply.content, reply.headers.get("content-type", "")
        name = urlsplit(reply.url).path
    return Document.model_validate(await reading.read(content, name, media_type, characters))
