"""Looks at the runs of plans while they go on, and once more when they have ended; everything it finds is a row."""

from sqlmodel import col, select

from backend.core import clock, db, log, once
from backend.core.db import Session
from backend.engine.ports import StepId
from backend.planning.models import PlanVersion
from backend.planning.plan import TeamPlan
from backend.planning.watch_models import PlanDeviation, PlanRun
from backend.planning.watching import proposing, rows
from backend.planning.watching.deviations import Deviation, deviations
from backend.planning.watching.facts import Course
from backend.planning.watching.forecast import Forecast, forecast
from backend.runs import history
from backend.runs.history import Entry
from backend.runs.models import Run
from backend.workflows.models import Version

_log = log.get(__name__)


async def look(session: Session) -> int:
    """Take up what is new and look at what is due, each by one worker; how many deviations were told."""
    now = clock.now()
    for run, plan in await rows.unseen(session):
        version = plan.accepted_version or plan.version
        due = now - rows.LOOK_EVERY
        row = PlanRun(run_id=run.id, team_id=run.team_id, plan_id=plan.id, version=version, looked_at=due)
        await once.insert(session, row, unique=("run_id",))
    return sum([await _apart(session, watched) for watched in await rows.due(session)])


async def _apart(session: Session, watched: PlanRun) -> int:
    """One look that takes no other along where it fails; it comes round again with the others, not before them."""
    run_id, watched.looked_at = watched.run_id, clock.now()
    session.add(watched)
    try:
        async with db.part(session):
            return await look_at(session, watched)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with this plan, the others are not to suffer
        _log.error("a run could not be compared with its plan", run_id=run_id, exc_info=error)
        return 0


async def look_at(session: Session, watched: PlanRun) -> int:
    """Compare one run with its plan now."""
    watched.looked_at = clock.now()
    query = select(Run).where(col(Run.id) == watched.run_id).execution_options(populate_existing=True)
    run = (await session.exec(query)).first()
    read = await course(session, watched, run) if run else None
    if run is None or read is None:
        watched.is_over = True
        session.add(watched)
        return 0
    found, nodes = read
    seen = forecast(found)
    watched.forecast, watched.is_over = seen.model_dump(), found.over
    session.add(watched)
    known = await rows.told(session, run.id)
    new = [one for one in deviations(found, seen) if (one.kind, one.task) not in known]
    for one in new:
        await _tell(session, watched, one, nodes, live=not found.over)
    await proposing.propose(session, watched, found, new)
    return len(new)


async def course(session: Session, watched: PlanRun, run: Run) -> tuple[Course, dict[str, str]] | None:
    """The run beside what is drawn of its plan; None where nothing of it is."""
    row = await session.get(PlanVersion, (watched.plan_id, watched.version))
    version = await session.get(Version, run.version_id)
    if row is None or version is None or not row.nodes:
        return None
    drawn = {node["id"] for node in version.diagram.get("nodes", ())}
    nodes = {task: node for task, node in row.nodes.items() if node in drawn}
    if not nodes:
        return None
    plan = TeamPlan.model_validate(row.body)
    kept = tuple(task for task in plan.tasks if task.kind == "group" or task.id in nodes)
    over = rows.is_over(run)
    until = (run.finished_at if over else None) or clock.now()
    found = Course(
        plan=plan.model_copy(update={"tasks": kept}),
        now=max((until - (run.started_at or run.created_at)).total_seconds(), 0.0),
        did=await rows.did(session, run, nodes),
        away=await rows.away(session, row.agents or {}),
        past=await rows.past(session, run, nodes),
        over=over,
    )
    return found, nodes


def seen(watched: PlanRun) -> Forecast | None:
    """The forecast of the last look."""
    return Forecast.model_validate(watched.forecast) if watched.forecast else None


async def _tell(
    session: Session, watched: PlanRun, one: Deviation, nodes: dict[str, str], *, live: bool
) -> None:
    """As a row; and as an event of the run while it has not ended, for nothing follows the end of a history."""
    session.add(
        PlanDeviation(
            run_id=watched.run_id,
            team_id=watched.team_id,
            plan_id=watched.plan_id,
            at=clock.now(),
            **one.model_dump(),
        )
    )
    await session.flush()
    if live:
        data = one.model_dump(exclude={"kind"}) | {"deviation": one.kind, "plan_id": watched.plan_id}
        data["version"] = watched.version
        step = StepId(nodes[one.task]) if one.task in nodes else None
        await history.append(session, watched.run_id, watched.team_id, Entry("plan.deviated", data, step))
