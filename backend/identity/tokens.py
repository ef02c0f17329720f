"""Random tokens that people and programs carry, and the hash of them that is stored instead."""

import hashlib
import hmac
import secrets


def new() -> str:
    """256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """SHA-256 in hex: enough for a token of 256 random bits, and the only form that is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_of(session_token: str) -> str:
    """The CSRF value that belongs to a session: it cannot be planted without knowing the session's token."""
    return hmac.new(session_token.encode(), b"quadrille csrf", hashlib.sha256).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare in constant time; two empty texts are never the same."""
    return bool(left) and hmac.compare_digest(left.encode(), right.encode())
