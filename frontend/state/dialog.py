"""What a handler tells the dialog whose form it got; `assets/dialogs.js` keeps the dialog open until then."""

from collections.abc import Sequence
from dataclasses import asdict

import orjson
import reflex as rx
from reflex.event import EventSpec

from backend.core.errors import Invalid, Problem

DONE = rx.call_script("window.quadrilleDialogs?.close()")
"""What was sent is done: its dialog closes. A handler that leads to another page or closes by its state needs none."""


def wrong(field: str, message: str, fix: str = "") -> Invalid:
    """What was typed into a field cannot be taken: raise it, and the dialog says so there."""
    return Invalid(message, fix=fix, problems=[Problem(message, field, fix)])


def refused(message: str, fix: str = "", problems: Sequence[Problem] = ()) -> EventSpec:
    """In the dialog that waits for an answer, at the fields that `problems` name; as a toast where none waits."""
    told = {"message": message, "fix": fix, "problems": [asdict(one) for one in problems]}
    toast = {"description": fix or None}
    return rx.call_script(
        f"window.quadrilleDialogs?.refuse({_script(told)}) || refs['__toast']?.error({_script(message)}, {_script(toast)})"
    )


def _script(value: object) -> str:
    return orjson.dumps(value).decode()
