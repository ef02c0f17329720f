"""Questions that runs ask people, and the one decision that answers each (promise P6)."""

from datetime import datetime

from pydantic import JsonValue

from backend.approvals import asking, repository, view
from backend.approvals.models import Approval, Decision
from backend.approvals.schemas import ApprovalPage, ApprovalPublic, Verdict
from backend.core import clock, forms, ids, json, once
from backend.core.db import Session
from backend.core.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from backend.engine.ports import StepId
from backend.identity import audit
from backend.identity.principal import Principal
from backend.nodes.kind import Answer, Question
from backend.runs import service as runs
from backend.runs.history import Entry
from backend.runs.schemas import TERMINAL

MAX_PAGE = 200
OVERDUE_AT_ONCE = 100


class AlreadyDecided(Conflict):
    """Somebody was faster, or the time was over, or the run has ended."""

    code, title = "already_decided", "No longer open"


class ChangedMeanwhile(Conflict):
    """What would be decided is not what the decider was shown."""

    code, title = "changed_meanwhile", "The question has changed"


async def request(session: Session, run_id: str, step: StepId, question: Question) -> Approval:
    """Ask, once a visit: a step that is entered again finds its question, changed where it asks something else now."""
    asked = await repository.of_step(session, run_id, step)
    if asked is None:
        return await _ask(session, run_id, step, question)
    content = asking.content(run_id, step, question)
    if asked.status == "open" and asked.arguments_hash != content["arguments_hash"]:
        asked.sqlmodel_update(content)
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
) -> ApprovalPublic:
    """Answer for good. Of many who answer at once one wins; the others learn that it is decided."""
    by.require("approval.decide")
    approval = await repository.locked(session, by.team_id, approval_id)
    if approval is None:
        raise NotFound("There is no such approval.")
    _require_decider(by, approval)
    await _require_open(session, approval)
    if arguments_hash != approval.arguments_hash:
        raise ChangedMeanwhile("What the run asks has changed since you opened it.", fix="Read it again.")
    values = _checked(approval, verdict, values)
    answer = Answer(verdict=verdict, values=values, comment=comment, by=by.account_id)
    if not await _settle(session, approval, answer, by.name):
        raise AlreadyDecided("Somebody has decided this already.", fix="Open it to see the decision.")
    details = {"run": approval.run_id, "arguments_hash": approval.arguments_hash, "comment": comment}
    await audit.record(session, by, f"approval.{verdict}", approval.id, details)
    return await get(session, by, approval_id)


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


async def get(session: Session, by: Principal, approval_id: str) -> ApprovalPublic:
    """One question as its deciders see it."""
    by.require("approval.read")
    row = await repository.get(session, by.team_id, approval_id)
    if row is None:
        raise NotFound("There is no such approval.")
    return (await _public(session, by, [row]))[0]


async def page(
    session: Session, by: Principal, *, only_open: bool = True, cursor: str | None = None, limit: int = 50
) -> ApprovalPage:
    """A page of the team's approvals, newest first; `open_count` counts those that the caller may decide."""
    by.require("approval.read")
    if cursor and not cursor.startswith("apr_"):
        problem = Problem(
            "The cursor is not one that a page gave.", "cursor", "Use `next_cursor` as it came."
        )
        raise Invalid(problem.message, problems=[problem])
    limit = min(max(limit, 1), MAX_PAGE)
    rows = await repository.page(session, by.team_id, only_open=only_open, before=cursor, limit=limit + 1)
    shown = await _public(session, by, list(rows[:limit]))
    following = shown[-1].id if len(rows) > limit else None
    return ApprovalPage(items=shown, open_count=await open_count(session, by), next_cursor=following)


async def open_for(session: Session, by: Principal) -> list[ApprovalPublic]:
    """The inbox: open questions that the caller may decide, newest first."""
    found = await page(session, by, limit=MAX_PAGE)
    return [approval for approval in found.items if approval.may_decide]


async def open_count(session: Session, by: Principal) -> int:
    """How many open questions wait for the caller."""
    by.require("approval.read")
    return sum(asking.may_decide(by, approval) for approval in await repository.all_open(session, by.team_id))


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
        **asking.content(run_id, step, question),
    )
    if not await once.insert(session, approval, unique=("run_id", "node_id", "path", "visit")):
        return await request(session, run_id, step, question)
    data = {"approval_id": approval.id, "title": approval.title, "expires_at": _iso(approval.expires_at)}
    await runs.note(session, run_id, run.team_id, Entry("approval.requested", data, step))
    view.tell_team_after_commit(session, run.team_id)
    return approval


def _require_decider(by: Principal, approval: Approval) -> None:
    if not asking.has_role(by, approval):
        raise NotAllowed(
            "This question is for other roles than yours.", fix=f"It is for: {', '.join(approval.roles)}."
        )
    if approval.exclude_requester and by.account_id == approval.requested_by:
        raise NotAllowed("Who started the run may not decide this.", fix="Ask somebody else of the team.")


async def _require_open(session: Session, approval: Approval) -> None:
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
    await runs.note(session, approval.run_id, approval.team_id, Entry("approval.decided", data, step))
    key = f"approval:{step.key(approval.run_id)}"
    await runs.signal(session, approval.run_id, approval.team_id, key, answer.model_dump(mode="json"))
    view.tell_team_after_commit(session, approval.team_id)
    return True


async def _public(session: Session, by: Principal, rows: list[repository.Row]) -> list[ApprovalPublic]:
    people = {row[0].requested_by for row in rows} | {row[1].decided_by for row in rows if row[1]}
    names = await repository.names(session, people)
    return [view.public(by, row, names) for row in rows]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
