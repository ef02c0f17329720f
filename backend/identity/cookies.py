"""The cookies of a signed-in browser: the one place that names, sets, reads and clears them."""

from collections.abc import Mapping

from starlette.responses import Response

from backend.core.settings import settings
from backend.identity import tokens

CSRF = "qk_csrf"
_ABSOLUTE_SECONDS = 7 * 24 * 3600
_TRANSACTION_SECONDS = 600


def session_name() -> str:
    """`__Host-session` binds the cookie to this very host, but browsers take that prefix only over https."""
    return "__Host-session" if secure() else "session"


def secure() -> bool:
    """True when people reach us over https."""
    return settings().resolved_public_url().startswith("https://")


def put(response: Response, session_token: str | None) -> None:
    """Set the session and its CSRF value, or clear both: always with the same attributes (rule R5)."""
    csrf = tokens.csrf_of(session_token) if session_token else ""
    for name, value, hidden in ((session_name(), session_token or "", True), (CSRF, csrf, False)):
        response.set_cookie(
            name,
            value,
            max_age=_ABSOLUTE_SECONDS if session_token else 0,
            path="/",
            secure=secure(),
            httponly=hidden,
            samesite="lax",
        )


def put_transaction(response: Response, sealed: str | None) -> None:
    """Set or clear the sealed OpenID transaction. Lax, for the way back is a navigation from another site."""
    response.set_cookie(
        _transaction_name(),
        sealed or "",
        max_age=_TRANSACTION_SECONDS if sealed else 0,
        path="/",
        secure=secure(),
        httponly=True,
        samesite="lax",
    )


def transaction(cookies: Mapping[str, str]) -> str:
    """The sealed transaction in a request's cookies, or an empty text."""
    return cookies.get(_transaction_name(), "")


def _transaction_name() -> str:
    return "__Host-oauth" if secure() else "oauth"


def session_token(cookies: Mapping[str, str]) -> str:
    """The token in a request's cookies, or an empty text."""
    return cookies.get(session_name(), "")
