"""Refuses websockets of foreign pages, and ties Reflex's client tokens to the session they come with."""

from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.identity import cookies, csrf, tokens

EVENTS = "/_event"
_API = "/api/"
_FOREIGN = 4403


class WsGuard:
    """The last of the ASGI transformers, so that it sees every socket before anything else does.

    Browsers always send an Origin with a websocket; ours must be exactly the public address. Programs with an
    API key send none, and reach the API only. Reflex keeps the state of a tab under a token that the client
    chooses (decision D4): here the token becomes a hash of itself and the session, so that the state of one
    session cannot be asked for from another one, nor after signing out.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "websocket":
            headers = Headers(scope=scope)
            if not _welcome(scope["path"], headers):
                await receive()
                await send({"type": "websocket.close", "code": _FOREIGN})
                return
            if scope["path"].startswith(EVENTS):
                scope = {**scope, "query_string": _bound(scope["query_string"], headers)}
        await self.app(scope, receive, send)


def _welcome(path: str, headers: Headers) -> bool:
    if csrf.own_origin(headers.get("origin")):
        return True
    is_program = "origin" not in headers and "authorization" in headers
    return is_program and path.startswith(_API)


def _bound(query: bytes, headers: Headers) -> bytes:
    session = cookies.session_token(cookie_parser(headers.get("cookie", "")))
    fields = [
        (name, tokens.hashed(f"{session}|{value}") if name == "token" else value)
        for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    ]
    return urlencode(fields).encode("latin-1")
