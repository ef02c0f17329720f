"""Does what was proposed: gives the tasks that have not begun to those who can, as a new version of the plan that the run follows."""

from dataclasses import dataclass

from backend.core import clock, db, ids
from backend.core.db import Session
from backend.core.errors import Conflict, NotFound
from backend.engine.ports import StepId
from backend.identity import audit
from backend.identity.principal import Principal
from backend.planning import accepting, domain, drawing, service
from backend.planning.allocation import CannotAllocate
from backend.planning.plan import TeamPlan
from backend.planning.schemas import How
from backend.planning.watch_models import PlanAdaptation, PlanRun
from backend.planning.watching import again, cutting, deviations, following, proposing, rest, rows
from backend.planning.watching.policy import Policy
from backend.planning.watching.rest import Rest
from backend.runs import history
from backend.runs.history import Entry
from backend.runs.models import Run

SOLVED = ("reallocate", "replan")


class AlreadyDecided(Conflict):
    """Somebody has accepted or dismissed it."""

    code, title = "adaptation_decided", "It is decided already"


class NothingLeft(Conflict):
    """The run has ended, or all of its tasks have begun."""

    code, title = "nothing_left_to_plan", "Nothing is left to be planned"


@dataclass(frozen=True)
class Found:
    """What came of thinking: a plan, or why there is none, or why it is left to a person."""

    rest: Rest | None = None
    made: TeamPlan | None = None
    failed: str = ""
    left: str = ""


async def decide(
    by: Principal,
    plan_id: str,
    adaptation_id: str,
    *,
    accept: bool,
    policy: Policy | None = None,
    how: How | None = None,
) -> None:
    """Accept or dismiss; nothing of the database is held while a model and the solver work."""
    by.require("workflow.edit")
    found = Found()
    async with db.database().reading() as session:
        row = await _open(session, by, plan_id, adaptation_id)
    if accept and row.kind in SOLVED:
        by.require("run.steer")
        found = await _thought(by, row, policy, how or How())
    async with db.database().transaction() as session:
        await service.held(session, by, plan_id)
        row = await _open(session, by, plan_id, adaptation_id)
        if found.left:
            row.left_why, row.by_policy = found.left, False
            session.add(row)
        else:
            await _done(session, by, row, found, accept=accept, by_policy=policy is not None)


async def replan(by: Principal, plan_id: str, run_id: str, how: How | None = None) -> None:
    """Plan the rest of a run again, without waiting for a deviation; `how` says by which model or domain."""
    if how and how.domain:
        domain.get(how.domain)
    by.require("workflow.edit")
    by.require("run.steer")
    async with db.database().transaction() as session:
        await service.held(session, by, plan_id)
        watched, run = await session.get(PlanRun, run_id), await session.get(Run, run_id)
        if watched is None or run is None or (watched.plan_id, run.team_id) != (plan_id, by.team_id):
            raise NotFound("The plan has no such run.", fix="Choose one of its runs.")
        if rows.is_over(run):
            raise NothingLeft("The run has ended.", fix="Plan again from the top of the page.")
        wanted = PlanAdaptation(
            id=ids.new("adp"),
            team_id=by.team_id,
            plan_id=plan_id,
            run_id=run_id,
            kind="replan",
            reason="Somebody asked for it.",
            created_at=clock.now(),
        )
        session.add(wanted)
    await decide(by, plan_id, wanted.id, accept=True, how=how)


async def _thought(by: Principal, row: PlanAdaptation, policy: Policy | None, how: How) -> Found:
    try:
        async with db.database().reading() as session:
            left = await rest.read(session, by, row)
        if left.course.over or not left.tasks:
            return Found(failed="Nothing is left that has not begun.")
        if row.kind == "replan":
            left = await cutting.cut(by, left, how)
        made = again.planned_again(left, await rest.solved(left, soonest=row.kind == "replan"))
    except CannotAllocate as error:
        return Found(failed=f"{error.message} {error.fix}")
    return Found(left, made, left=policy.refusal(left.plan, made) if policy else "")


async def _done(
    session: Session, by: Principal, row: PlanAdaptation, found: Found, *, accept: bool, by_policy: bool
) -> None:
    """Store it, and let the run follow."""
    row.state = "failed" if found.failed else "done" if accept else "dismissed"
    row.outcome, row.decided_by, row.decided_at = found.failed, by.account_id, clock.now()
    row.by_policy = by_policy
    if found.made is not None and found.rest is not None:
        await _version(session, by, row, found.rest, found.made)
    session.add(row)
    await session.flush()
    if found.failed and row.kind == "reallocate":
        await proposing.add(session, row, "replan", found.failed)
    elif late := _late(found):
        await proposing.add(session, row, "ask", late)
    await _record(session, by, row)
    if row.version is not None:
        await following.begin(session, by, row)


def _late(found: Found) -> str:
    """That also the soonest end that there is misses the deadline: only people can see to that."""
    most = found.made.goal.constraints.deadline_seconds if found.made else None
    if found.made is None or most is None or found.made.makespan <= most:
        return ""
    ends, most = deviations.time(found.made.makespan), deviations.time(most)
    return f"Also planned again the run will take {ends}; the deadline is {most}."


async def _version(session: Session, by: Principal, row: PlanAdaptation, left: Rest, made: TeamPlan) -> None:
    """The new version, with the agents that it lacked."""
    plan, watched = await service.held(session, by, row.plan_id), await session.get_one(PlanRun, row.run_id)
    before = await service.version(session, plan, watched.version)
    hired = await accepting.hired(session, by, left.roles, made)
    made = again.employed(made, hired)
    version = await service.add_version(session, by, plan, made, f"{_SAID[row.kind]}: {row.reason}"[:500])
    taken = {node.id for node in left.drawn.nodes}
    version.agents = left.agents | {one: one for one in hired.values()}
    version.nodes = drawing.named(made, before.nodes or {}, taken)
    row.version = version.number
    row.outcome = " ".join(filter(None, (left.told, again.moved(left.plan, made))))
    session.add(version)


_SAID = {"reallocate": "Allocated again", "replan": "The rest planned again"}


async def _record(session: Session, by: Principal, row: PlanAdaptation) -> None:
    """In the audit trail, and in the history of a run that goes on."""
    about = {"kind": row.kind, "state": row.state, "run_id": row.run_id, "version": row.version}
    about["by_policy"] = row.by_policy
    await audit.record(session, by, "plan.adapted", row.plan_id, about)
    run = await session.get(Run, row.run_id)
    if run is not None and not rows.is_over(run):
        data = about | {"plan_id": row.plan_id, "by": by.account_id, "message": row.outcome or row.reason}
        del data["run_id"]
        await history.append(session, run.id, row.team_id, Entry("plan.adapted", data, StepId("")))


async def _open(session: Session, by: Principal, plan_id: str, adaptation_id: str) -> PlanAdaptation:
    row = await session.get(PlanAdaptation, adaptation_id)
    if row is None or row.team_id != by.team_id or row.plan_id != plan_id:
        raise NotFound("The plan has no such adaptation.", fix="Look at what is proposed for it.")
    if row.state != "proposed":
        raise AlreadyDecided(f"It is {row.state} already.", fix="Look at the plan again.")
    return row
