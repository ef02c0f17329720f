"""What could be done about deviations: rules that propose, each kind once a run."""

from collections.abc import Iterator, Sequence

from backend.core import clock, ids
from backend.core.db import Session
from backend.notifications import service as notifications
from backend.notifications.schemas import Notice
from backend.planning.models import Plan
from backend.planning.watch_models import PlanAdaptation, PlanRun
from backend.planning.watching import policy, rows
from backend.planning.watching.deviations import Deviation
from backend.planning.watching.facts import Course

_MENDED = {"away": "reallocate", "deadline": "replan", "budget": "replan"}
_ASK = frozenset({*_MENDED, "failed", "odd_seconds", "odd_cost", "odd_tokens"})


async def propose(session: Session, watched: PlanRun, course: Course, new: Sequence[Deviation]) -> None:
    """Store what is proposed, and tell whoever made the plan."""
    for kind, why in dict(wanted(course, new)).items():
        await add(session, watched, kind, why)


async def add(session: Session, about: PlanRun | PlanAdaptation, kind: str, why: str) -> None:
    """Once a run and kind; the plan's policy says whether a person is asked."""
    plan = await session.get(Plan, about.plan_id)
    if plan is None or kind in await rows.open_kinds(session, about.run_id):
        return
    row = PlanAdaptation(
        id=ids.new("adp"),
        team_id=about.team_id,
        plan_id=about.plan_id,
        run_id=about.run_id,
        kind=kind,
        reason=why,
        by_policy=policy.of(plan).performs(kind),
        created_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    title = f"A run leaves the plan “{plan.title}”"
    notice = Notice("alarm", row.id, title, f"/runs/{about.run_id}", why)
    await notifications.tell(session, about.team_id, [plan.created_by], notice)


def wanted(course: Course, new: Sequence[Deviation]) -> Iterator[tuple[str, str]]:
    """Others can take over, and be done otherwise, only what has not begun.

    A task takes as long whoever does it, and a forecast lets each begin as soon as what it needs has ended: who allocates
    again cannot be sooner, so a deadline that the forecast misses needs another way, or a person.
    """
    left = any(task.kind == "work" and task.id not in course.did for task in course.plan.work())
    for one in new:
        if one.kind in _MENDED and left and not course.over:
            yield _MENDED[one.kind], one.message
        elif one.kind in _ASK:
            yield "ask", one.message
