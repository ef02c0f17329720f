"""How approvals are shown, and how pages learn that the number of open ones changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.approvals import asking
from backend.approvals.models import Approval, Decision, Note, Vote
from backend.approvals.repository import Row
from backend.approvals.schemas import ApprovalDetail, ApprovalPublic, DecisionPublic, Earlier, Named, Said
from backend.core import db
from backend.core.db import Session
from backend.identity.principal import Principal
from backend.runs import live, redaction
from backend.runs.schemas import TERMINAL


def public(by: Principal, row: Row, names: Mapping[str, str], votes: Sequence[Vote] = ()) -> ApprovalPublic:
    """The question as this caller may see it; a question of a run that has ended is closed."""
    approval, decision, workflow_name, run_status = row
    is_open = approval.status == "open" and run_status not in TERMINAL
    same = (ApprovalPublic.model_fields.keys() & type(approval).model_fields.keys()) - _OWN_FORM
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
        approved_by=_named([vote.account_id for vote in votes if _counts(vote, approval)], names),
        members=_named(approval.members, names),
        delegated_to=_named([one["to"] for one in approval.delegated], names),
        info_from=next(iter(_named([approval.info_from], names)), None) if approval.info_from else None,
        decision=answer,
    )
    return shown if asking.may_read(by, approval) else _redacted(shown)


_OWN_FORM = frozenset({"status", "members", "info_from"})


def _counts(vote: Vote, approval: Approval) -> bool:
    return vote.approval_id == approval.id and vote.arguments_hash == approval.arguments_hash


def _named(account_ids: Sequence[str], names: Mapping[str, str]) -> list[Named]:
    return [Named(account_id=one, name=names.get(one, "")) for one in account_ids]


def detail(
    shown: ApprovalPublic,
    thread: Sequence[Note],
    earlier: Sequence[tuple[Approval, Decision]],
    names: Mapping[str, str],
) -> ApprovalDetail:
    """The question with what was said and decided around it."""
    said = [
        Said(
            **note.model_dump(include={"kind", "text", "by", "to", "at"}),
            by_name=names.get(note.by, ""),
            to_name=names.get(note.to, ""),
        )
        for note in thread
    ]
    before = [
        Earlier(
            approval_id=approval.id,
            run_id=approval.run_id,
            title=approval.title,
            verdict=decision.verdict,  # pyright: ignore[reportArgumentType] - checked by pydantic
            comment=decision.comment,
            decided_by_name=names.get(decision.decided_by, ""),
            at=decision.at,
        )
        for approval, decision in earlier
    ]
    return ApprovalDetail(**shown.model_dump(), thread=said, earlier=before)


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
