"""The plan after the rest was allocated again: what was done as it was, the rest as it is now, and the difference in words."""

from collections.abc import Mapping, Sequence

from backend.planning import risks, scheduling
from backend.planning.allocation import Allocation
from backend.planning.plan import Assignment, Load, Reason, TeamPlan
from backend.planning.watching.rest import Rest


def planned_again(rest: Rest, found: Allocation | None) -> TeamPlan:
    """The plan with what was done as it was, and the rest as it is allocated now."""
    plan = rest.into or rest.plan
    known = {one.id for one in rest.members}
    given = _assigned(rest, plan, found)
    span = max((one.end for one in given), default=0)
    kept = tuple(one for one in plan.members if one.id not in known and one.id in _busy(given))
    members = (*rest.members, *kept)
    assignments, critical = scheduling.marked(given, plan.work(), members, span)
    text = f"Allocated again {rest.course.now:.0f} s after the start of a run"
    text += f", within {found.gap:.1%} of the best." if found else "."
    made = plan.model_copy(
        update={
            "assignments": assignments,
            "critical": critical,
            "members": members,
            "makespan": span,
            "cost": sum(one.cost for one in assignments),
            "tokens": sum(task.tokens for task in plan.work()),
            "optimal_within": found.gap if found else None,
            "loads": _loads(assignments, span),
            "reasons": (*plan.reasons, *_roles(rest), Reason(about="allocation", text=text)),
        }
    )
    return made.model_copy(update={"risks": risks.of(made)})


def _assigned(rest: Rest, plan: TeamPlan, found: Allocation | None) -> list[Assignment]:
    """Of every task of the plan, in the order in which they begin."""
    new = {one.task: one for one in found.assignments} if found else {}
    why = {reason.task: reason.text for reason in found.reasons} if found else {}
    old, now = {one.task: one for one in rest.plan.assignments}, rest.course.now
    given = list[Assignment]()
    for task in plan.work():
        if one := new.get(task.id):
            start, end = now + one.start, now + one.end
            made = Assignment(task=task.id, member=one.candidate, start=start, end=end, cost=float(one.cost))
            given.append(made.model_copy(update={"tokens": task.tokens, "reason": why.get(task.id, "")}))
        elif (was := old.get(task.id)) and (did := rest.course.did.get(task.id)):
            end = did.ended if did.ended is not None else max(now, did.began + was.end - was.start)
            given.append(was.model_copy(update={"start": did.began, "end": end}))
        elif was:
            given.append(was)
    return sorted(given, key=lambda one: (one.start, one.end, one.task))


def moved(old: TeamPlan, new: TeamPlan) -> str:
    """What is dropped, what is new, and who takes what over, in a sentence."""
    names = {one.id: one.name for one in (*old.members, *new.members)}
    titles, was = ({task.id: task.title for task in plan.work()} for plan in (new, old))
    before = {one.task: one.member for one in old.assignments}
    told = [f"“{title}” is not needed any more" for name, title in was.items() if name not in titles]
    for one in new.assignments:
        who = names.get(one.member, one.member)
        if one.task not in was:
            told.append(f"“{titles[one.task]}” is new, for {who}")
        elif before.get(one.task) != one.member:
            told.append(f"“{titles[one.task]}” goes to {who}")
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


def _busy(assignments: Sequence[Assignment]) -> set[str]:
    return {one.member for one in assignments}


def _loads(assignments: Sequence[Assignment], span: float) -> tuple[Load, ...]:
    found: list[Load] = []
    for member in sorted(_busy(assignments)):
        mine = [one for one in assignments if one.member == member]
        seconds = sum(one.end - one.start for one in mine)
        share = seconds / span if span else 0
        cost = sum(one.cost for one in mine)
        found.append(Load(member=member, tasks=len(mine), seconds=seconds, share=share, cost=cost))
    return tuple(found)
