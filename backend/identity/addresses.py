"""From which network address a request comes, for counting attempts."""

from starlette.requests import HTTPConnection

from backend.core.settings import settings


def of(connection: HTTPConnection) -> str:
    """The peer's address, or what the outermost trusted proxy saw as its peer."""
    hops = settings().proxy_hops
    forwarded = connection.headers.get("x-forwarded-for", "").split(",")
    if hops and len(forwarded) >= hops and (seen := forwarded[-hops].strip()):
        return seen
    return connection.client.host if connection.client else "unknown"
