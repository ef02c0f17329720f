"""Prometheus figures of the web process, with labels that cannot grow without bound."""

import time

from prometheus_client import Counter, Histogram
from starlette.types import Scope

REQUESTS = Counter("quadrille_http_requests", "HTTP requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "quadrille_http_request_seconds",
    "Seconds until an answer began",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Request:
    """One request being answered."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.began = time.monotonic()

    def answered(self, status: int) -> None:
        """Count it; the route is its template, never the path somebody typed."""
        route = getattr(self.scope.get("route"), "path", None)
        label = route if isinstance(route, str) and route else "pages"
        method = self.scope["method"] if self.scope["method"] in _METHODS else "other"
        REQUESTS.labels(method, label, str(status)).inc()
        SECONDS.labels(label).observe(time.monotonic() - self.began)
