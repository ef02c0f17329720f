"""Questions that runs ask people, and the one decision that answers each (promise P6)."""

from datetime import datetime

from pydantic import JsonValue

from backend.approvals import asking, people, repository, telling, view, voting
from backend.approvals.inbox import MAX_PAGE, get, open_count, open_for, page
from backend.approvals.models import Approval, Decision
from backend.approvals.problems import AlreadyDecided, ChangedMeanwhile
from backend.approvals.schemas import ApprovalDetail, Verdict
from backend.core import clock, forms, ids, json, once
from backend.core.db import Session
from backend.core.errors import Invalid, NotFound
from backend.engine.ports import StepId
from backend.identity import audit
from backend.identity.principal import Principal
from backend.nodes.kind import Answer, Question
from backend.runs import service as runs
from backend.runs.history import Entry
from backend.runs.schemas import TERMINAL

__all__ = [
    "MAX_PAGE",
    "AlreadyDecided",
    "ChangedMeanwhile",
    "anything_overdue",
    "decide",
    "expire",
    "expire_overdue",
    "get",
    "open_count",
    "open_for",
    "page",
    "request",
    "require_open",
    "withdraw",
]
OVERDUE_AT_ONCE = 100


async def request(session: Session, run_id: str, step: StepId, question: Question) -> Approval:
    """Ask, once a visit: a step that is entered again finds its question, changed where it asks something else now."""
    asked = await repository.of_step(session, run_id, step)
    if asked is None:
        return await _ask(session, run_id, step, question)
    content = asking.content(run_id, step, question)
    if asked.status == "open" and asked.asked_hash != content["asked_hash"]:
        members = await people.named(session, asked.team_id, question.members, question.needed)
        asked.sqlmodel_update(content | {"members": members})
        session.add(asked)
        view.tell_team_after_commit(session, asked.team_id)
    return asked


async def decide(  # noqa: PLR0913 - a decision has these parts, and callers name them
    session: Session,
    by: Principal,
    approval_id: str,
    *,
    verdict: Verdict,
    arguments_hash: str,
    values: JsonValue = None,
    comment: str = "",
) -> ApprovalDetail:
    """Answer for good. Of many who answer at once one wins; the others learn that it is decided.

    Where several approvals are needed, this is one of them; the last one decides, and so does the first rejection.
    """
    by.require("approval.decide")
    approval = await repository.locked(session, by.team_id, approval_id)
    if approval is None:
        raise NotFound("There is no such approval.")
    if refused := asking.why_not(by, approval):
        raise refused
    await require_open(session, approval)
    if arguments_hash != approval.arguments_hash:
        raise ChangedMeanwhile("What the run asks has changed since you opened it.", fix="Read it again.")
    values = _checked(approval, verdict, values)
    if verdict == "approved" and approval.needed > 1:
        if not await voting.enough(session, by, approval, values, comment):
            return await get(session, by, approval_id)
        values = approval.proposal
    answer = Answer(verdict=verdict, values=values, comment=comment, by=by.account_id)
    if not await _settle(session, approval, answer, by.name):
        raise AlreadyDecided("Somebody has decided this already.", fix="Open it to see the decision.")
    await audit.record(session, by, f"approval.{verdict}", approval.id, voting.details(approval, comment))
    return await get(session, by, approval_id)


async def withdraw(session: Session, by: Principal, approval: Approval, why: str) -> None:
    """Ask it no longer: the step goes on by `expired`, and people see why; nothing happens where somebody was quicker."""
    answer = Answer(verdict="withdrawn", comment=why, by=by.account_id)
    if await _settle(session, approval, answer, by.name):
        await audit.record(session, by, "approval.withdrawn", approval.id, {"why": why})


async def expire_overdue(session: Session) -> int:
    """Answer `expired` for questions whose time is over; how many there were."""
    overdue = await repository.overdue(session, clock.now(), OVERDUE_AT_ONCE)
    for approval in overdue:
        await _settle(session, approval, Answer(verdict="expired"), "")
    return len(overdue)


async def anything_overdue(session: Session) -> bool:
    """True when an open question's time is over."""
    return await repository.anything_overdue(session, clock.now())


async def expire(session: Session, run_id: str, step: StepId) -> Answer:
    """Answer `expired` for the question of a step, unless it has an answer; the answer that stands."""
    approval = await repository.of_step(session, run_id, step)
    if approval is None:
        return Answer(verdict="expired")
    await _settle(session, approval, Answer(verdict="expired"), "")
    decision = await repository.decision(session, approval.id)
    return Answer.model_validate(decision.model_dump() | {"by": decision.decided_by})


async def _ask(session: Session, run_id: str, step: StepId, question: Question) -> Approval:
    if wrong := forms.form_problems(question.form, "form"):
        raise Invalid(wrong[0].message, problems=wrong)
    run = await runs.of_step(session, run_id)
    approval = Approval(
        id=ids.new("apr"),
        team_id=run.team_id,
        run_id=run_id,
        workflow_id=run.workflow_id,
        node_id=step.node_id,
        path=step.path,
        visit=step.visit,
        requested_by=run.started_by,
        created_at=clock.now(),
        members=await people.named(session, run.team_id, question.members, question.needed),
        **asking.content(run_id, step, question),
    )
    approval.remind_at = telling.next_reminder(approval)
    if not await once.insert(session, approval, unique=("run_id", "node_id", "path", "visit")):
        return await request(session, run_id, step, question)
    data = {"approval_id": approval.id, "title": approval.title, "expires_at": _iso(approval.expires_at)}
    await runs.note(session, run_id, run.team_id, Entry("approval.requested", data, step.asker))
    view.tell_team_after_commit(session, run.team_id)
    await telling.asked(session, approval)
    return approval


async def require_open(session: Session, approval: Approval) -> None:
    """Raise AlreadyDecided unless it can still be decided."""
    if approval.status not in ("open", "closed"):
        raise AlreadyDecided(f"This is {approval.status} already.", fix="Open it to see the decision.")
    if approval.expires_at and approval.expires_at <= clock.now():
        raise AlreadyDecided("The time for this decision is over.")
    run = await runs.of_step(session, approval.run_id)
    if run.status in TERMINAL:
        raise AlreadyDecided(f"The run has ended ({run.status}); there is nothing to decide any more.")


def _checked(approval: Approval, verdict: Verdict, values: JsonValue) -> JsonValue:
    """The values to store: approved ones fit the form, and are the proposal where none are given."""
    if verdict == "approved" and approval.form:
        values = approval.proposal if values is None else values
        forms.require(approval.form, values, "values")
    json.require(values, "values")
    return values


async def _settle(session: Session, approval: Approval, answer: Answer, name: str) -> bool:
    """Decision, answer for the run and history row in one transaction; False when there is a decision already."""
    decision = Decision(
        id=ids.new("dec"),
        team_id=approval.team_id,
        approval_id=approval.id,
        verdict=answer.verdict,
        values=answer.values,
        comment=answer.comment,
        decided_by=answer.by,
        at=clock.now(),
    )
    if not await once.insert(session, decision, unique=("approval_id",)):
        return False
    approval.status = answer.verdict
    session.add(approval)
    await session.flush()
    step = StepId(approval.node_id, approval.path, approval.visit)
    data = {"approval_id": approval.id, "verdict": answer.verdict, "by": answer.by, "name": name}
    await runs.note(session, approval.run_id, approval.team_id, Entry("approval.decided", data, step.asker))
    key = f"approval:{step.key(approval.run_id)}"
    await runs.signal(session, approval.run_id, approval.team_id, key, answer.model_dump(mode="json"))
    await telling.over(session, approval)
    view.tell_team_after_commit(session, approval.team_id)
    return True


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
