"""How dead letters are shown: reason and advice to everybody, what quotes values of the run only to those who may read them."""

from typing import Any, cast

from backend.dead_letters.repository import Row
from backend.dead_letters.schemas import LetterDetail, LetterPublic, OpenSaga, Reason
from backend.dead_letters.words import WORDS
from backend.identity.principal import Principal
from backend.runs import redaction

_SAME = LetterPublic.model_fields.keys() & {
    "id", "run_id", "node_id", "message", "status", "created_at", "closed_at", "closed_by", "note", "new_run_id",
}  # fmt: skip


def public(by: Principal, row: Row) -> LetterPublic:
    """The letter as the caller may see it."""
    return LetterPublic.model_validate(_shown(by, row))


def detail(by: Principal, row: Row, left: list[OpenSaga]) -> LetterDetail:
    """The letter with what was noted when it was written, and the sagas that are open now."""
    details = None if redaction.hides(by) else row[0].details
    return LetterDetail.model_validate(_shown(by, row) | {"details": details, "open_sagas": left})


def _shown(by: Principal, row: Row) -> dict[str, Any]:
    letter, run_status, workflow, closed_by_name = row
    words = WORDS[cast(Reason, letter.reason)]
    hidden = {"message": redaction.HIDDEN, "note": None, "redacted": True} if redaction.hides(by) else {}
    return {
        **{name: getattr(letter, name) for name in _SAME},
        "reason": letter.reason,
        "title": words.title,
        "advice": words.advice,
        "run_status": run_status,
        "workflow_id": workflow.id,
        "workflow_name": workflow.name,
        "closed_by_name": closed_by_name or "",
        **hidden,
    }
