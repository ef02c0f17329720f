"""Several people approve the same: each counts once, and only while what they were shown is what is asked."""

from typing import Any

from pydantic import JsonValue

from backend.approvals import asking, people, repository, telling, view
from backend.approvals.models import Approval, Vote
from backend.core import clock, ids
from backend.core.db import Session
from backend.identity import audit
from backend.identity.principal import Principal


async def enough(
    session: Session, by: Principal, approval: Approval, values: JsonValue, comment: str
) -> bool:
    """Count the caller's approval; True when it was the last that is needed.

    Who edits the values proposes something else: those who approved before are asked again.
    """
    if values is not None and values != approval.proposal:
        approval.proposal = values
        approval.arguments_hash = asking.edited(approval, values)
        session.add(approval)
        await telling.note(session, approval, "edited", by.account_id)
    await repository.take_back(session, approval.id, by.account_id)
    vote = Vote(
        id=ids.new("vote"),
        team_id=approval.team_id,
        approval_id=approval.id,
        account_id=by.account_id,
        arguments_hash=approval.arguments_hash,
        at=clock.now(),
    )
    session.add(vote)
    await session.flush()
    if len(await _counted(session, approval)) >= approval.needed:
        return True
    await telling.note(session, approval, "approved", by.account_id, comment)
    await audit.record(session, by, "approval.vote", approval.id, details(approval, comment))
    view.tell_team_after_commit(session, approval.team_id)
    return False


def details(approval: Approval, comment: str) -> dict[str, Any]:
    """What the audit trail keeps of a decision."""
    return {"run": approval.run_id, "arguments_hash": approval.arguments_hash, "comment": comment}


async def _counted(session: Session, approval: Approval) -> set[str]:
    """Those who have approved what is asked now, and may still decide."""
    may = {account.id for account in await people.deciders(session, approval)}
    votes = await repository.votes(session, [approval.id])
    return {vote.account_id for vote in votes if vote.arguments_hash == approval.arguments_hash} & may
