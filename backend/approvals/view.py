"""How approvals are shown, and how pages learn that the number of open ones changed."""

from typing import Any

from backend.approvals import asking
from backend.approvals.repository import Row
from backend.approvals.schemas import ApprovalPublic, DecisionPublic
from backend.core import db
from backend.core.db import Session
from backend.identity.principal import Principal
from backend.runs import live, redaction
from backend.runs.schemas import TERMINAL


def public(by: Principal, row: Row, names: dict[str, str]) -> ApprovalPublic:
    """The question as this caller may see it; a question of a run that has ended is closed."""
    approval, decision, workflow_name, run_status = row
    is_open = approval.status == "open" and run_status not in TERMINAL
    same = ApprovalPublic.model_fields.keys() & type(approval).model_fields.keys() - {"status"}
    answer = None
    if decision:
        plain = decision.model_dump(include={"verdict", "values", "comment", "decided_by", "at"})
        answer = DecisionPublic(**plain, decided_by_name=names.get(decision.decided_by, ""))
    shown = ApprovalPublic(
        **{name: getattr(approval, name) for name in same},
        status="closed" if approval.status == "open" and not is_open else approval.status,  # pyright: ignore[reportArgumentType] - checked by pydantic
        workflow_name=workflow_name,
        requested_by_name=names.get(approval.requested_by, ""),
        may_decide=is_open and asking.may_decide(by, approval),
        decision=answer,
    )
    return shown if asking.may_read(by, approval) else _redacted(shown)


def _redacted(shown: ApprovalPublic) -> ApprovalPublic:
    """That something is asked of whom, and how it ended; not what."""
    hidden: dict[str, Any] = {"title": "Hidden question", "message": redaction.HIDDEN, "form": {}}
    hidden |= {"proposal": None, "arguments_hash": "", "redacted": True}
    if shown.decision:
        hidden["decision"] = shown.decision.model_copy(update={"values": None, "comment": ""})
    return shown.model_copy(update=hidden)


def tell_team_after_commit(session: Session, team_id: str) -> None:
    """Pages that show the number of open approvals look again."""

    async def leave() -> None:
        await live.tell(f"q:team:{team_id}", b'{"kind":"approvals"}')

    db.after_commit(session, leave)
