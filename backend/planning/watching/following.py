"""Takes a run along to the new version of its plan: paused at its next rest, repaired to other agents, and resumed.

Where the tasks are the same only who is asked changes: the run plays its own version of the workflow with other agents in the nodes of
tasks that have not begun. Where the rest was taken apart again, it is drawn anew behind what has begun. What people changed in the
editor stays, and the draft and the published version are nobody's business here.
"""

from collections.abc import Collection, Mapping, Sequence

from pydantic import ValidationError
from sqlmodel import col, select

from backend.approvals import service as approvals
from backend.approvals.models import Approval
from backend.approvals.repository import open_of_run as open_questions
from backend.core import db
from backend.core.db import Session
from backend.core.errors import Invalid, QuadrilleError
from backend.identity import accounts
from backend.identity.principal import Principal
from backend.planning import redrawing
from backend.planning.models import PlanVersion
from backend.planning.plan import TeamPlan
from backend.planning.redrawing import Drawn
from backend.planning.watch_models import PlanAdaptation, PlanRun
from backend.planning.watching import rows
from backend.runs import repairing
from backend.runs import service as runs
from backend.runs.models import Run
from backend.runs.repair_schemas import RepairRun
from backend.workflows import versions
from backend.workflows.diagram import Diagram
from backend.workflows.models import Version, Workflow

AT_ONCE = 20


async def begin(session: Session, by: Principal, row: PlanAdaptation) -> None:
    """Ask the run to pause; where it is at rest it goes on with the new version at once."""
    run = await session.get(Run, row.run_id, populate_existing=True)
    if run is None or rows.is_over(run):
        return
    row.resumes = run.status != "paused" and not run.pause_requested
    row.follow = "pausing"
    session.add(row)
    if row.resumes:
        await runs.pause(session, by, run.id)
    await session.flush()
    await _settled(session, by, row)


async def anything_due(session: Session) -> bool:
    """True when a run is on its way to a new version."""
    query = select(PlanAdaptation.id).where(col(PlanAdaptation.follow) == "pausing").limit(1)
    return (await session.exec(query)).first() is not None


async def settle(session: Session) -> int:
    """Take along every run that has come to rest, each by one worker; how many."""
    query = select(PlanAdaptation).where(col(PlanAdaptation.follow) == "pausing").limit(AT_ONCE)
    found = (await session.exec(query.with_for_update(skip_locked=True, key_share=True))).all()
    done = 0
    for row in found:
        by = await accounts.principal_of(session, row.team_id, row.decided_by)
        if by is None:
            _over(session, row, "failed", "Whoever decided it is no member any more; resume the run by hand.")
        else:
            done += await _settled(session, by, row)
    return done


async def _settled(session: Session, by: Principal, row: PlanAdaptation) -> bool:
    run = await session.get(Run, row.run_id, populate_existing=True)
    if run is None or rows.is_over(run):
        _over(session, row, "over", "The run ended before it could follow.")
        return False
    if run.status != "paused":
        return False
    try:
        async with db.part(session):
            await _repaired(session, by, row, run)
    except QuadrilleError as error:
        _over(session, row, "failed", f"The run could not follow: {error.message}")
    except ValidationError:
        _over(
            session,
            row,
            "failed",
            "The run could not follow: its plan or its diagram cannot be read any more.",
        )
    else:
        _over(session, row, "followed", "")
    if row.resumes:
        await runs.resume(session, by, run.id)
    return row.follow == "followed"


def _over(session: Session, row: PlanAdaptation, follow: str, said: str) -> None:
    row.follow, row.outcome = follow, " ".join(filter(None, (row.outcome, said)))
    session.add(row)


async def _repaired(session: Session, by: Principal, row: PlanAdaptation, run: Run) -> None:
    """With what has begun by now as it is."""
    watched = await session.get_one(PlanRun, row.run_id)
    old = await session.get_one(Version, run.version_id)
    before = await session.get_one(PlanVersion, (row.plan_id, watched.version))
    plan = await session.get_one(PlanVersion, (row.plan_id, row.version))
    asked = await open_questions(session, run.id)  # before the run is held, as by whoever decides
    begun = await rows.did(session, run, {**(before.nodes or {}), **(plan.nodes or {})})
    if changed := _changed(Diagram.model_validate(old.diagram), before, plan, begun):
        workflow = await session.get_one(Workflow, run.workflow_id)
        new = await versions.keep(session, by, workflow, changed)
        note = f"Follows version {row.version} of its plan."
        wish = RepairRun(version=new.id, note=note)
        await repairing.repair(session, by, run.id, wish)
        await _withdraw(session, by, asked, _drawn(before), _drawn(plan))
    watched.version = plan.number
    session.add(watched)


async def _withdraw(
    session: Session, by: Principal, asked: Sequence[Approval], was: Drawn, now: Drawn
) -> None:
    """What people were asked before something is done that is not to be done like that any more."""
    waited, waits = _waiting(was), _waiting(now)
    tasks = {was.nodes[task.id]: task for task in was.plan.work() if task.id in was.nodes}
    for one in asked:
        task = None if one.path else tasks.get(one.node_id)
        if task and task.kind == "approval" and waited.get(task.id) and not waits.get(task.id):
            titles = ", ".join(f"“{title}”" for title in waited[task.id])
            why = f"The rest of the plan was planned again: {titles} is not done any more as it was asked about."
            await approvals.withdraw(session, by, one, why)


def _waiting(drawn: Drawn) -> dict[str, list[str]]:
    """By task: what needs it."""
    found: dict[str, list[str]] = {}
    for task in drawn.plan.work():
        for name in task.needs:
            found.setdefault(name, []).append(task.title)
    return found


def _changed(run: Diagram, before: PlanVersion, plan: PlanVersion, begun: Collection[str]) -> Diagram | None:
    """What the run plays from now on; None where everybody keeps what they have. Raises Invalid."""
    was, now = _drawn(before), _drawn(plan)
    if _shape(was, begun) == _shape(now, begun):
        asked = _asked(plan, {task: node for task, node in now.nodes.items() if task not in begun})
        return _asks(run, asked)
    nodes = {**was.nodes, **now.nodes}
    done = [nodes[task] for task in begun]
    if hand := redrawing.in_the_way(run, nodes.values(), done):
        name = hand[0].name or hand[0].id
        told = f"“{name}” was drawn by hand among the tasks that have not begun."
        raise Invalid(told, fix="Fork the run with the accepted plan, or let it go on as it is.")
    return redrawing.redrawn(run, was, now, plan.agents or {}, done)


def _drawn(plan: PlanVersion) -> Drawn:
    return Drawn(TeamPlan.model_validate(plan.body), plan.nodes or {})


def _shape(drawn: Drawn, begun: Collection[str]) -> dict[str, object]:
    """What is to be done and after what, whoever does it and when."""
    return {
        task.id: (task.kind, task.title, task.what, task.done_when, sorted(task.needs))
        for task in drawn.plan.work()
        if task.id not in begun and task.id in drawn.nodes
    }


def _asked(plan: PlanVersion, nodes: Mapping[str, str]) -> dict[str, str]:
    """Which agent each node asks from now on."""
    body, agents = TeamPlan.model_validate(plan.body), plan.agents or {}
    return {
        nodes[one.task]: agents[one.member]
        for one in body.assignments
        if one.task in nodes and one.member in agents
    }


def _asks(run: Diagram, asked: Mapping[str, str]) -> Diagram | None:
    """The same drawing with other agents."""
    nodes = [
        node.model_copy(update={"config": {**node.config, "agent": asked[node.id]}})
        if node.kind == "agent" and asked.get(node.id, node.config.get("agent")) != node.config.get("agent")
        else node
        for node in run.nodes
    ]
    return run.model_copy(update={"nodes": tuple(nodes)}) if nodes != list(run.nodes) else None
