"""From a goal to a plan: taken apart by a domain or a model, staffed, allocated in time, and looked at for risks."""

from collections.abc import Sequence

from backend.identity.principal import Principal
from backend.planning import asking, choosing, demands, domain, risks, scheduling, staffing, team
from backend.planning.choosing import Choice
from backend.planning.decompose import decompose
from backend.planning.domain import GENERIC, Domain
from backend.planning.plan import NEW, PEOPLE, Goal, Member, PlanProblem, Reason, Task, TeamPlan
from backend.planning.scheduling import Schedule
from backend.planning.schemas import How

MAX_TITLE = 80


async def by_domain(goal: Goal, wanted: str, members: Sequence[Member]) -> TeamPlan:
    """By the domain that was wanted, or the nearest; the generic one where none is near enough."""
    choice = Choice((), by_meaning=False) if wanted else await choosing.choose(goal.text)
    chosen = domain.get(wanted or choice.best or GENERIC)
    able = {name for one in members for name in one.capabilities}
    done = decompose(chosen, goal, able)
    reasons = (Reason(about="domain", text=_told(chosen, choice, wanted)), *done.reasons)
    begun = TeamPlan(
        goal=goal,
        title=title_of(goal.text),
        source="generic" if chosen.name == GENERIC else "domain",
        domain=chosen.name,
        choices=choice.ranked[:3],
        tasks=done.tasks,
        reasons=reasons,
        problems=done.problems,
    )
    return await finished(begun, members)


async def by_model(by: Principal, goal: Goal, how: How, members: Sequence[Member]) -> TeamPlan:
    """By a model, whose answer is checked as the domains are."""
    told = await asking.Asker(by, goal, how, members).answer()
    work = sum(task.kind == "work" for task in told.tasks)
    text = (
        f"{how.model} took the goal apart into {work} tasks, which were checked by the rules for every plan."
    )
    begun = TeamPlan(
        goal=goal,
        title=told.title,
        source="model",
        model=how.model,
        tasks=told.tasks,
        reasons=(Reason(about="domain", text=text),),
    )
    return await finished(begun, members)


async def finished(begun: TeamPlan, members: Sequence[Member]) -> TeamPlan:
    """The tasks with what the constraints add to them, staffed."""
    if begun.problems:
        return begun
    constraints = begun.goal.constraints
    tasks, told = demands.add(begun.tasks, constraints)
    staffed = staffing.staff(tasks, members, begun.goal)
    tokens = sum(task.tokens for task in tasks)
    people = scheduling.people(tasks)
    plan = begun.model_copy(
        update={
            "tasks": tasks,
            "roles": staffed.roles,
            "members": (*team.priced(staffed.members, tasks), *([people] if people else ())),
            "tokens": tokens,
            "reasons": (*begun.reasons, *told, *staffed.reasons),
            "problems": (*staffed.problems, *_too_many(tokens, constraints.max_tokens, tasks)),
        }
    )
    return plan if plan.problems else await _scheduled(plan)


async def _scheduled(plan: TeamPlan) -> TeamPlan:
    """With who does what and when; the roles that nobody was given are left out."""
    found = await scheduling.schedule(plan.tasks, plan.members, plan.goal.constraints)
    if found.problems:
        return plan.model_copy(update={"problems": found.problems})
    busy = {one.member for one in found.assignments}
    done = plan.model_copy(
        update={
            "roles": tuple(role for role in plan.roles if NEW + role.key in busy),
            "members": tuple(one for one in plan.members if one.id in busy or not one.new),
            "assignments": found.assignments,
            "makespan": found.makespan,
            "cost": found.cost,
            "optimal_within": found.gap,
            "critical": found.critical,
            "loads": found.loads,
            "reasons": (*plan.reasons, _best(plan, found)),
        }
    )
    return done.model_copy(update={"risks": risks.of(done)})


def _best(plan: TeamPlan, found: Schedule) -> Reason:
    able = sum(one.id != PEOPLE for one in plan.members)
    gap = "none is better" if not found.gap else f"none is better by more than {found.gap:.1%}"
    text = f"Of all ways to give {len(found.assignments)} steps to {able} agents this one was chosen; it is proven that {gap}."
    return Reason(about="allocation", text=text)


def title_of(text: str) -> str:
    """The first sentence of a goal, as a name."""
    first = text.strip().splitlines()[0].split(". ")[0].rstrip(". ")
    return first if len(first) <= MAX_TITLE else f"{first[: MAX_TITLE - 1].rstrip()}…"


def _too_many(tokens: int, most: int | None, tasks: Sequence[Task]) -> list[PlanProblem]:
    if most is None or tokens <= most:
        return []
    largest = max(tasks, key=lambda task: task.tokens)
    told = f"The tasks take about {tokens:,} tokens, and {most:,} are allowed; “{largest.title}” takes most, {largest.tokens:,}."
    fix = f"Allow {tokens:,} tokens, or a goal with fewer steps."
    return [PlanProblem(code="tokens", message=told, fix=fix, task=largest.id)]


def _told(chosen: Domain, choice: Choice, wanted: str) -> str:
    how = "by meaning and words" if choice.by_meaning else "by words alone, for no inference worker answers"
    score = next((one.score for one in choice.ranked if one.name == chosen.name), 0.0)
    if wanted:
        return f"The domain “{chosen.title}” was chosen by hand; it follows {chosen.source}"
    if chosen.name == GENERIC:
        near = choice.ranked[0]
        return (
            f"No domain fits: “{near.title}” is nearest with {near.score:.0%}, compared {how}, and {choosing.ENOUGH:.0%} is the "
            "least. This is a plan for any goal; choose a domain, or ask a model for one of its own."
        )
    second = next((one for one in choice.ranked if one.name != chosen.name), None)
    other = f", “{second.title}” is next with {second.score:.0%}" if second else ""
    return f"The domain “{chosen.title}” is nearest to the goal with {score:.0%}{other}, compared {how}. It follows {chosen.source}"
