"""What people do with a question beside deciding it: comment, ask back, pass it on, escalate it."""

from backend.approvals import asking, inbox, people, repository, telling, view
from backend.approvals.models import Approval
from backend.approvals.schemas import ApprovalDetail
from backend.approvals.service import require_open
from backend.core.db import Session
from backend.core.errors import Invalid, NotAllowed, NotFound, Problem
from backend.identity import audit
from backend.identity.permissions import permitted
from backend.identity.principal import Principal

FALLBACK = ("admin", "owner")
"""To whom a question is escalated that says nothing of it."""


async def comment(session: Session, by: Principal, approval_id: str, text: str) -> ApprovalDetail:
    """Say something under a question, also after its decision; who was asked for information answers by it."""
    approval = await _locked(session, by, approval_id)
    if not asking.may_read(by, approval):
        raise NotAllowed(
            "You cannot read this question, so you cannot comment on it.", fix="Ask for another role."
        )
    answers = approval.info_from == by.account_id
    said = await telling.note(session, approval, "answered" if answers else "comment", by.account_id, text)
    if answers:
        approval.info_from = ""
        session.add(approval)
        await telling.to_deciders(session, approval, said.id, f"{by.name} has answered.")
    return await _done(session, by, approval)


async def ask_for_information(
    session: Session, by: Principal, approval_id: str, text: str, to: str = ""
) -> ApprovalDetail:
    """Ask a member, or else who started the run, before deciding; the question stays open meanwhile."""
    approval = await _mine(session, by, approval_id)
    account, roles = await people.one(session, by.team_id, to or approval.requested_by)
    readable = permitted(roles, "run.payload") or asking.is_asked(account.id, roles, approval)
    if not readable:
        raise _wrong(f"{account.name} may not read what is asked.", "Choose somebody who may.")
    approval.info_from = account.id
    session.add(approval)
    said = await telling.note(session, approval, "asked", by.account_id, text, account.id)
    sentence = f"{by.name} asks you for information before deciding."
    await telling.to_people(session, approval, [account], said.id, sentence, text)
    return await _done(session, by, approval)


async def delegate(
    session: Session, by: Principal, approval_id: str, to: str, text: str = ""
) -> ApprovalDetail:
    """Let another member decide in one's place; one's own right to decide goes with it."""
    approval = await _mine(session, by, approval_id)
    account, roles = await people.one(session, by.team_id, to)
    if account.id == by.account_id:
        raise _wrong("This is you.", "Choose somebody else.")
    if not permitted(roles, "approval.decide"):
        raise _wrong(f"{account.name} may not decide.", "Choose an approver, an admin or an owner.")
    if approval.exclude_requester and account.id == approval.requested_by:
        raise _wrong(f"{account.name} started the run and may not decide it.", "Choose somebody else.")
    approval.delegated = [*approval.delegated, {"from": by.account_id, "to": account.id}]
    session.add(approval)
    said = await telling.note(session, approval, "delegated", by.account_id, text, account.id)
    await telling.to_people(
        session, approval, [account], said.id, f"{by.name} asks you to decide this.", text
    )
    await audit.record(session, by, "approval.delegated", approval.id, {"to": account.id, "comment": text})
    return await _done(session, by, approval)


async def escalate(session: Session, by: Principal, approval_id: str, text: str = "") -> ApprovalDetail:
    """Let those decide, too, to whom the question is escalated; once."""
    approval = await _mine(session, by, approval_id)
    if not approval.escalated:
        await raise_up(session, approval, by.account_id, text)
        await audit.record(session, by, "approval.escalated", approval.id, {"comment": text})
    return await _done(session, by, approval)


async def raise_up(session: Session, approval: Approval, by: str = "", text: str = "") -> None:
    """Escalate, by a person or since the time has come."""
    approval.escalated = True
    approval.escalate_to = approval.escalate_to or list(FALLBACK)
    session.add(approval)
    await telling.note(session, approval, "escalated", by, text)
    await telling.to_deciders(session, approval, "escalated", "This question was escalated to you.")
    view.tell_team_after_commit(session, approval.team_id)


async def _locked(session: Session, by: Principal, approval_id: str) -> Approval:
    by.require("approval.read")
    approval = await repository.locked(session, by.team_id, approval_id)
    if approval is None:
        raise NotFound("There is no such approval.")
    return approval


async def _mine(session: Session, by: Principal, approval_id: str) -> Approval:
    """An open question that the caller may decide."""
    by.require("approval.decide")
    approval = await _locked(session, by, approval_id)
    if refused := asking.why_not(by, approval):
        raise refused
    await require_open(session, approval)
    return approval


async def _done(session: Session, by: Principal, approval: Approval) -> ApprovalDetail:
    await session.flush()
    view.tell_team_after_commit(session, approval.team_id)
    return await inbox.get(session, by, approval.id)


def _wrong(message: str, fix: str) -> Invalid:
    return Invalid(message, fix=fix, problems=[Problem(message, "to", fix)])
