"""Leads people who typed another name of this machine to the public address, where cookies and sockets work."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.core.settings import settings

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "[::1]", "0.0.0.0"})  # noqa: S104 - names, nothing is bound


class OneAddress:
    """`http://localhost:3000` becomes `http://127.0.0.1:3000`, or the other way round, as the public address says.

    Only pages are redirected, and only between names of the own machine: a proxy may pass any host on to us.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if (
            scope["type"] == "http"
            and scope["method"] == "GET"
            and (public := _elsewhere(Headers(scope=scope)))
        ):
            query = scope.get("query_string", b"").decode("latin-1")
            where = f"{public}{scope['path']}" + (f"?{query}" if query else "")
            await RedirectResponse(where, 307)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _elsewhere(headers: Headers) -> str:
    """The public address when a browser asked for a page under another name of this machine."""
    public = settings().resolved_public_url()
    mine = urlsplit(public)
    host, _, port = headers.get("host", "").rpartition(":")
    if "text/html" not in headers.get("accept", "") or f"{host}:{port}" == mine.netloc:
        return ""
    same_machine = host in _THIS_MACHINE and mine.netloc.rpartition(":")[0] in _THIS_MACHINE
    return public if same_machine and port == str(mine.port) else ""
