"""What people see of questions: the inbox, one question with its thread, and how many wait."""

from collections.abc import Sequence

from backend.approvals import asking, repository, view
from backend.approvals.models import Approval
from backend.approvals.repository import Row
from backend.approvals.schemas import ApprovalDetail, ApprovalPage, ApprovalPublic, Scope
from backend.core.db import Session
from backend.core.errors import Invalid, NotFound, Problem
from backend.identity.principal import Principal
from backend.runs import asked

MAX_PAGE = 200
EARLIER = 5


async def get(session: Session, by: Principal, approval_id: str) -> ApprovalDetail:
    """One question as its deciders see it, with its thread and how it was decided before."""
    by.require("approval.read")
    row = await repository.get(session, by.team_id, approval_id)
    if row is None:
        raise NotFound("There is no such approval.")
    shown = (await _public(session, by, [row]))[0]
    if shown.redacted:
        return ApprovalDetail(**shown.model_dump())
    thread = await repository.thread(session, approval_id)
    earlier = await repository.earlier(session, row[0], EARLIER)
    mentioned = {one for note in thread for one in (note.by, note.to)}
    names = await repository.names(session, mentioned | {decision.decided_by for _, decision in earlier})
    spent = (await asked.spent(session, [row[0].run_id])).get(row[0].run_id)
    return view.detail(shown, thread, earlier, names).model_copy(update={"spent": spent})


async def page(
    session: Session,
    by: Principal,
    *,
    only_open: bool = True,
    scope: Scope = "all",
    cursor: str | None = None,
    limit: int = 50,
) -> ApprovalPage:
    """A page of the team's approvals, newest first; `open_count` counts those that the caller may decide."""
    by.require("approval.read")
    if cursor and not cursor.startswith("apr_"):
        problem = Problem(
            "The cursor is not one that a page gave.", "cursor", "Use `next_cursor` as it came."
        )
        raise Invalid(problem.message, problems=[problem])
    limit = min(max(limit, 1), MAX_PAGE)
    if scope == "all":
        rows = await repository.page(session, by.team_id, only_open=only_open, before=cursor, limit=limit + 1)
    else:
        found = [row for row in await repository.open_rows(session, by.team_id) if _within(by, row[0], scope)]
        rows = [row for row in found if not cursor or row[0].id < cursor][: limit + 1]
    shown = await _public(session, by, list(rows[:limit]))
    following = shown[-1].id if len(rows) > limit else None
    return ApprovalPage(items=shown, open_count=await open_count(session, by), next_cursor=following)


async def open_for(session: Session, by: Principal) -> list[ApprovalPublic]:
    """The inbox: open questions that the caller may decide, newest first."""
    found = await page(session, by, limit=MAX_PAGE)
    return [approval for approval in found.items if approval.may_decide]


async def open_count(session: Session, by: Principal) -> int:
    """How many open questions wait for the caller: to decide, or to tell something."""
    by.require("approval.read")
    rows = await repository.all_open(session, by.team_id)
    return sum(asking.may_decide(by, one) or one.info_from == by.account_id for one in rows)


def _within(by: Principal, approval: Approval, scope: Scope) -> bool:
    """`mine`: by name; `groups`: since one has a role. Whatever is asked of others is in neither."""
    named = asking.is_named(by.account_id, approval) or approval.info_from == by.account_id
    if scope == "mine":
        return named and (asking.may_decide(by, approval) or approval.info_from == by.account_id)
    return not named and asking.may_decide(by, approval)


async def _public(session: Session, by: Principal, rows: Sequence[Row]) -> list[ApprovalPublic]:
    votes = await repository.votes(session, [row[0].id for row in rows if row[0].needed > 1])
    people = {vote.account_id for vote in votes}
    for approval, decision, _, _ in rows:
        people |= {approval.requested_by, approval.info_from, *approval.members}
        people |= {one["to"] for one in approval.delegated} | ({decision.decided_by} if decision else set())
    names = await repository.names(session, people)
    return [view.public(by, row, names, votes) for row in rows]
