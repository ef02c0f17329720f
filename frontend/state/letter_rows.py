"""The rows of the list of dead letters, as the page draws them."""

from dataclasses import dataclass

from backend.dead_letters.schemas import LetterPublic
from frontend import routes
from frontend.state.iso import iso


@dataclass
class Row:
    """One letter as the list shows it."""

    id: str
    href: str
    workflow: str
    message: str
    reason: str
    status: str
    created: str


def row(one: LetterPublic) -> Row:
    """The letter as a row."""
    return Row(
        id=one.id,
        href=routes.dead_letter(one.id),
        workflow=one.workflow_name,
        message=one.message,
        reason=one.reason,
        status=one.status,
        created=iso(one.created_at),
    )
