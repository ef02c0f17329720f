"""Refuses unsafe requests that another site made with a member's cookie (rule R21)."""

from starlette.requests import HTTPConnection

from backend.core.errors import NotAllowed
from backend.core.settings import settings
from backend.identity import tokens

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# A page of another site can send these types without asking first; everything else needs a CORS preflight.
_SIMPLE_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
_JSON_LIKE = frozenset({"application/json", "application/yaml", "application/x-yaml", "text/yaml"})


class ForeignRequest(NotAllowed):
    """The request did not come from a page of ours."""

    code, title = "foreign_request", "Request refused"


def require_own_page(connection: HTTPConnection) -> None:
    """Raise unless the browser says that a page of ours sent this."""
    if not _from_own_page(connection):
        raise ForeignRequest(
            "This request did not come from a page of this server.",
            fix=f"Open {settings().resolved_public_url()} and try again, or set QUADRILLE_PUBLIC_URL to the "
            "address that you typed.",
        )


def require_header(connection: HTTPConnection, session_token: str) -> None:
    """Raise unless the `X-CSRF` header carries the value of the `qk_csrf` cookie of this very session."""
    if not tokens.same(connection.headers.get("x-csrf", ""), tokens.csrf_of(session_token)):
        raise ForeignRequest(
            "The X-CSRF header is missing or belongs to another session.",
            fix="Send the value of the cookie qk_csrf in the header X-CSRF, or use an API key.",
        )


def require_plain_type(connection: HTTPConnection, *, upload: bool = False) -> None:
    """Raise for a body of a type that a form of another site could send; uploads may be multipart."""
    kind = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = (
        connection.headers.get("content-length", "0") != "0" or "transfer-encoding" in connection.headers
    )
    if not has_body and kind not in _SIMPLE_TYPES:
        return
    if kind in _JSON_LIKE or (upload and kind == "multipart/form-data"):
        return
    raise ForeignRequest(
        f"A body of type “{kind or 'unknown'}” is not accepted here.",
        fix="Send JSON with the header Content-Type: application/json.",
    )


def own_origin(origin: str | None) -> bool:
    """True for exactly the public address of this server."""
    return origin is not None and origin == settings().resolved_public_url()


def _from_own_page(connection: HTTPConnection) -> bool:
    site = connection.headers.get("sec-fetch-site")
    return site in {"same-origin", "none"} or own_origin(connection.headers.get("origin"))
