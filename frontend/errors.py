"""Draws errors of event handlers: what happened, what to do, and the id to quote."""

import secrets

from reflex.event import EventSpec

from backend.core import log
from backend.core.errors import Invalid, QuadrilleError
from frontend.state import dialog

_log = log.get("pages")


def on_error(exception: Exception) -> EventSpec:
    """Ours speak for themselves; any other is logged with an id that the person can quote."""
    if isinstance(exception, QuadrilleError):
        problems = exception.problems if isinstance(exception, Invalid) else ()
        return dialog.refused(exception.message, exception.fix, problems)
    reference = secrets.token_hex(4)
    _log.error("unhandled error in an event", reference=reference, exc_info=exception)
    return dialog.refused(
        "This did not work, and it is our fault.",
        f"Nothing was saved. Try again; if it stays, quote {reference} to whoever runs this server.",
    )


def on_browser_error(exception: Exception) -> None:
    """The browser's own errors only go to the log."""
    _log.warning("error in a browser", error=str(exception)[:2000])
