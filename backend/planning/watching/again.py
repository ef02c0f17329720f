"""The plan after the rest was allocated again: what was done as it was, the rest as it is now, and the difference in words."""

from collections.abc import Mapping

from backend.planning.allocation import Allocation
from backend.planning.plan import Assignment, Load, Reason, TeamPlan
from backend.planning.watching.rest import Rest


def planned_again(rest: Rest, found: Allocation) -> TeamPlan:
    """The plan with what was done as it was, and the rest as it is allocated now."""
    now, new = rest.course.now, {one.task: one for one in found.assignments}
    why = {reason.task: reason.text for reason in found.reasons}
    assignments: list[Assignment] = []
    for old in rest.plan.assignments:
        if one := new.get(old.task):
            update = {"member": one.candidate, "start": now + one.start, "end": now + one.end}
            update |= {"cost": float(one.cost), "slack": 0, "reason": why[old.task]}
            assignments.append(old.model_copy(update=update))
        elif did := rest.course.did.get(old.task):
            end = did.ended if did.ended is not None else max(now, did.began + old.end - old.start)
            assignments.append(old.model_copy(update={"start": did.began, "end": end}))
        else:
            assignments.append(old)
    known = {one.id for one in rest.members}
    kept = tuple(one for one in rest.plan.members if one.id not in known and one.id in _busy(assignments))
    span = max((one.end for one in assignments), default=0)
    text = f"Allocated again {now:.0f} s after the start of a run, within {found.gap:.1%} of the best."
    return rest.plan.model_copy(
        update={
            "assignments": tuple(assignments),
            "members": (*rest.members, *kept),
            "makespan": span,
            "cost": sum(one.cost for one in assignments),
            "optimal_within": found.gap,
            "loads": _loads(assignments, span),
            "reasons": (*rest.plan.reasons, *_roles(rest), Reason(about="allocation", text=text)),
        }
    )


def moved(old: TeamPlan, new: TeamPlan) -> str:
    """Who takes what over, in a sentence."""
    names = {one.id: one.name for one in (*old.members, *new.members)}
    titles = {task.id: task.title for task in new.tasks}
    before = {one.task: one.member for one in old.assignments}
    told = [
        f"“{titles[one.task]}” goes to {names.get(one.member, one.member)}"
        for one in new.assignments
        if before.get(one.task) != one.member
    ]
    return f"{'; '.join(told)}." if told else "Everybody keeps their tasks; times are new."


def employed(made: TeamPlan, agents: Mapping[str, str]) -> TeamPlan:
    """The same, with members that were designed as the agents that they are now."""
    return made.model_copy(
        update={
            "members": tuple(
                one.model_copy(update={"id": agents.get(one.id, one.id), "new": False})
                for one in made.members
            ),
            "assignments": tuple(
                one.model_copy(update={"member": agents.get(one.member, one.member)})
                for one in made.assignments
            ),
            "loads": tuple(
                one.model_copy(update={"member": agents.get(one.member, one.member)}) for one in made.loads
            ),
        }
    )


def _roles(rest: Rest) -> tuple[Reason, ...]:
    return tuple(Reason(about="role", text=role.reason) for role in rest.roles)


def _busy(assignments: list[Assignment]) -> set[str]:
    return {one.member for one in assignments}


def _loads(assignments: list[Assignment], span: float) -> tuple[Load, ...]:
    found: list[Load] = []
    for member in sorted(_busy(assignments)):
        mine = [one for one in assignments if one.member == member]
        seconds = sum(one.end - one.start for one in mine)
        share = seconds / span if span else 0
        cost = sum(one.cost for one in mine)
        found.append(Load(member=member, tasks=len(mine), seconds=seconds, share=share, cost=cost))
    return tuple(found)
