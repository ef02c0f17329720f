"""The content security policy (SEC-25): only our own origin, and only the inline scripts of our own build."""

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

from app.places import STATIC

# For answers that are no pages: data opened as a document may load and run nothing.
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox"
_INLINE = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


@lru_cache
def policy() -> str:
    """The header's value for this build.

    Scripts: `unsafe-eval` stays because Reflex evaluates toasts that the server sends and the forms' validator
    compiles schemas; inline scripts run only when the build wrote them (by digest), so injected markup runs nothing.
    Styles: emotion and Radix write style elements at run time. `blob:` lets pages offer downloads they made.
    """
    scripts = " ".join(["'self'", "'unsafe-eval'", *inline_digests(STATIC)])
    rules = {
        "default-src": "'self'",
        "script-src": scripts,
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def inline_digests(static: Path) -> list[str]:
    """Sources such as `'sha256-…'` for every inline script in the built pages, each once."""
    found: set[str] = set()
    for page in sorted(static.rglob("*.html")):
        for script in _INLINE.findall(page.read_bytes()):
            found.add(f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'")
    return sorted(found)
