"""The outermost ASGI layer: request ids, security headers on every answer, and the limit on request bodies."""

import asyncio
import contextlib
import json
import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import csp, metrics, problems
from backend.core.settings import settings

_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
_SOUND_ID = re.compile(r"^[A-Za-z0-9_-]{8,64}$")
_NOT_MODIFIED = 304
_DROPPED_AT_MOST = 64 * 1024 * 1024  # bytes; what `deploy/nginx.conf` lets through is less
_DROPPING_SECONDS = 30
_IMMUTABLE = "public, max-age=31536000, immutable"


class Guard:
    """Wraps the whole web process; it knows no domain."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.policy = csp.policy()
        self.limit = settings().max_input_bytes
        self.is_https = settings().resolved_public_url().startswith("https://")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _SOUND_ID.match(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        seen = metrics.Request(scope)
        guarded = self._guarded(send, request_id, scope["path"], seen)
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > self.limit:
            await _dropped(receive, int(declared))
            return await self._refuse(guarded, request_id, scope["path"])
        await self.app(scope, _counted(receive, self.limit), guarded)
        return None

    def _guarded(self, send: Send, request_id: str, path: str, seen: metrics.Request) -> Send:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                is_page = headers.get("content-type", "").startswith("text/html")
                if message["status"] != _NOT_MODIFIED:  # else the browser keeps the headers it has
                    headers.setdefault("Content-Security-Policy", self.policy if is_page else csp.NOTHING)
                for name, value in self._for(path).items():
                    headers.setdefault(name, value)
                seen.answered(message["status"])
            await send(message)

        return guarded

    def _for(self, path: str) -> dict[str, str]:
        more = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"} if self.is_https else {}
        if path.startswith("/assets/"):
            more["Cache-Control"] = _IMMUTABLE  # their names carry a digest of their content
        elif path.startswith("/api/"):
            more["Cache-Control"] = "no-store"
        else:
            more["Cache-Control"] = "no-cache"
        return _FIXED | more

    async def _refuse(self, send: Send, request_id: str, path: str) -> None:
        body = problems.too_large(self.limit) | {"instance": path, "request_id": request_id}
        kind = problems.MEDIA_TYPE.encode()
        start = {"type": "http.response.start", "status": 413, "headers": [(b"content-type", kind)]}
        await send(start)
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})


async def _dropped(receive: Receive, declared: int) -> None:
    """Let a body come and keep nothing of it: a proxy that is cut off while it sends answers 502 instead of ours."""
    if declared > _DROPPED_AT_MOST:
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DROPPING_SECONDS):
            while (await receive()).get("more_body", False):
                pass


def _counted(receive: Receive, limit: int) -> Receive:
    """Count what arrives, for senders that did not say how much it would be."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise HTTPException(413, f"The request body may have at most {limit:,} bytes.")
        return message

    return counted
