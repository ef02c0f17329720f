"""What of a plan is still to be done in a run, by whom it can be, and within which limits; and its allocation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from backend.core.db import Session
from backend.core.errors import NotFound
from backend.identity.principal import Principal
from backend.planning import scheduling, service, staffing, team
from backend.planning.allocation import (
    Allocation,
    Candidate,
    CannotAllocate,
    Limits,
    Weights,
    WorkItem,
)
from backend.planning.allocation.apart import allocate_apart
from backend.planning.plan import PEOPLE, Goal, Member, Role, Task, TeamPlan
from backend.planning.watch_models import PlanAdaptation, PlanRun
from backend.planning.watching import looking
from backend.planning.watching.facts import Course
from backend.planning.watching.forecast import forecast
from backend.runs.models import Run
from backend.workflows.diagram import Diagram
from backend.workflows.models import Version

SOON = Weights(cost=0.25, time=4.0)
"""What counts where the deadline cannot be kept any more."""


@dataclass(frozen=True)
class Rest:
    """The tasks that have not begun, and who can work now."""

    plan: TeamPlan
    course: Course
    tasks: tuple[Task, ...]
    members: tuple[Member, ...]
    agents: dict[str, str]
    """Which agent a member is."""
    drawn: Diagram
    """What the run plays."""
    nodes: Mapping[str, str]
    """Which node of it a task is."""
    roles: tuple[Role, ...] = ()
    """Agents that are lacking."""
    into: TeamPlan | None = None
    """The plan with other tasks, once the rest was taken apart again."""
    told: str = ""
    """What people should know of how that went."""


async def read(session: Session, by: Principal, row: PlanAdaptation) -> Rest:
    """With the agents that the plan may ask."""
    watched, run = await session.get(PlanRun, row.run_id), await session.get(Run, row.run_id)
    found = await looking.course(session, watched, run) if watched and run else None
    if watched is None or run is None or found is None:
        raise NotFound("The run of this adaptation is gone.")
    course, limits = found[0], found[0].plan.goal.constraints
    tasks = tuple(task for task in course.plan.work() if task.id not in course.did)
    able = await team.members(session, by)  # not by name: one of those that were chosen may be gone
    if limits.agents:
        able = tuple(one for one in able if {one.id, one.name} & set(limits.agents))
    people = tuple(one for one in course.plan.members if one.id == PEOPLE)
    version = await service.version(session, await service.found(session, by, row.plan_id), watched.version)
    agents = (version.agents or {}) | {one.id: one.id for one in able}
    played = await session.get_one(Version, run.version_id)
    drawn = Diagram.model_validate(played.diagram)
    return Rest(course.plan, course, tasks, (*team.priced(able, tasks), *people), agents, drawn, found[1])


def agents_of(rest: Rest) -> tuple[Member, ...]:
    """Those who can work, without the people who are asked."""
    return tuple(one for one in rest.members if one.id != PEOPLE)


def staffed(rest: Rest) -> Rest:
    """With the roles that nobody has any more, and people where some are to be asked.

    Raises: CannotAllocate where nobody can do a task and nobody may be made.
    """
    able, asked = agents_of(rest), scheduling.people(rest.tasks)
    people = (asked,) if asked else ()
    goal = Goal(text=rest.plan.goal.text, constraints=rest.plan.goal.constraints)
    staff = staffing.staff(rest.tasks, able, goal)
    if staff.problems:
        first = staff.problems[0]
        raise CannotAllocate("capability", first.message, first.fix, task=first.task)
    return replace(rest, members=(*team.priced(staff.members, rest.tasks), *people), roles=staff.roles)


async def solved(rest: Rest, *, soonest: bool = False) -> Allocation | None:
    """Within the time and money that are left; `soonest` where the deadline is missed anyway. None where nothing is to be done."""
    if not rest.tasks:
        return None
    limits = rest.plan.goal.constraints
    left = None if limits.max_cost is None else Decimal(str(round(max(limits.max_cost - spent(rest), 0), 6)))
    deadline = max(limits.deadline_seconds - rest.course.now, 0) if limits.deadline_seconds else None
    try:
        return await allocate_apart(_items(rest), _people(rest), Limits(deadline, left))
    except CannotAllocate as error:
        if not soonest or error.limit != "deadline":
            raise
    return await allocate_apart(_items(rest), _people(rest), Limits(None, left, SOON))


def spent(rest: Rest) -> float:
    """What has been done has cost, and what goes on will have."""
    planned = {one.task: one.cost for one in rest.plan.assignments}
    return sum(
        max(did.cost, planned.get(name, 0) if did.ended is None else 0)
        for name, did in rest.course.did.items()
    )


def _items(rest: Rest) -> list[WorkItem]:
    """Whatever goes on ends when it is forecast to; only then may what needs it begin."""
    now, names, ready = rest.course.now, {task.id for task in rest.tasks}, forecast(rest.course).ends
    return [
        WorkItem(
            task.id,
            task.seconds,
            task.capabilities,
            tuple(name for name in task.needs if name in names),
            (PEOPLE,) if task.kind == "approval" else tuple(m.id for m in rest.members if m.id != PEOPLE),
            max((ready[name] - now for name in task.needs if name not in names and name in ready), default=0),
        )
        for task in rest.tasks
    ]


def _people(rest: Rest) -> list[Candidate]:
    words = {word for task in rest.tasks for word in task.capabilities}
    return [
        Candidate(
            one.id,
            {word: staffing.level(one.capabilities, word) for word in words},
            one.load_seconds,
            Decimal(str(round(one.cost_per_hour, 6))),
            one.at_once,
            one.name,
        )
        for one in rest.members
    ]
