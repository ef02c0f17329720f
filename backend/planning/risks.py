"""What may go wrong with a plan, by rules, each with what helps."""

from collections.abc import Callable, Iterator

from backend.planning import staffing
from backend.planning.plan import PEOPLE, Assignment, Member, Risk, Task, TeamPlan

NEAR = 0.8
"""From this part of a limit on, the plan is near it."""
WEAK = 0.55
FEW = 5
"""So many outcomes say little."""
_Rule = Callable[[TeamPlan], Iterator[Risk]]
_RANK = {"high": 0, "medium": 1, "low": 2}
_ACTS = {"external": "reaches outside", "money": "spends money", "write": "writes data", "code": "runs code"}


def of(plan: TeamPlan) -> tuple[Risk, ...]:
    """All of them, the gravest first."""
    found = [risk for rule in _RULES for risk in rule(plan)]
    return tuple(sorted(found, key=lambda risk: _RANK[risk.severity]))


def _near_deadline(plan: TeamPlan) -> Iterator[Risk]:
    limit = plan.goal.constraints.deadline_seconds
    if limit and plan.makespan >= NEAR * limit:
        left = limit - plan.makespan
        grave = "high" if left < 0.05 * limit else "medium"
        told = f"The plan ends {_time(left)} before the deadline of {_time(limit)}; estimates are rarely that exact."
        help_ = f"Shorten the critical path, {_names(plan, plan.critical)}, or agree on a later deadline."
        yield Risk(code="deadline_near", severity=grave, message=told, mitigation=help_)


def _near_budget(plan: TeamPlan) -> Iterator[Risk]:
    constraints = plan.goal.constraints
    if constraints.max_cost and plan.cost >= NEAR * constraints.max_cost:
        told = f"The plan costs about ${plan.cost:.4f} of the ${constraints.max_cost:.4f} that are allowed."
        help_ = "Set a budget on the run, so that it asks before it goes beyond, or prefer cheap models."
        yield Risk(code="budget_near", severity="medium", message=told, mitigation=help_)
    if constraints.max_tokens and plan.tokens >= NEAR * constraints.max_tokens:
        told = (
            f"The tasks take about {plan.tokens:,} of the {constraints.max_tokens:,} tokens that are allowed."
        )
        help_ = "Give the agents that read most a lower limit of tokens, or allow more."
        yield Risk(code="tokens_near", severity="medium", message=told, mitigation=help_)


def _price_unknown(plan: TeamPlan) -> Iterator[Risk]:
    for one in _busy(plan):
        if not one.priced:
            told = f"What “{one.model}” costs is not known here, so the cost of {one.name} is counted as nothing."
            help_ = "Add its price to prices.yaml in the data folder, or to QUADRILLE_MODEL_PRICES."
            yield Risk(code="price_unknown", severity="low", message=told, mitigation=help_, member=one.id)


def _acts_unasked(plan: TeamPlan) -> Iterator[Risk]:
    approvals = {task.id for task in plan.tasks if task.kind == "approval"}
    for task in _work(plan):
        acts = ("money", "external") if "read" not in task.does else ("money",)
        does = [effect for effect in acts if effect in task.does]
        if does and not approvals & set(task.needs):
            told = (
                f"“{task.title}” {' and '.join(_ACTS[one] for one in does)}, and nobody is asked before it."
            )
            help_ = f"Have a person asked before steps of the class {' or '.join(does)}."
            grave = "high" if "money" in does else "medium"
            yield Risk(code="acts_unasked", severity=grave, message=told, mitigation=help_, task=task.id)


def _cannot_act(plan: TeamPlan) -> Iterator[Risk]:
    for task, one, _ in _assigned(plan):
        missing = [_ACTS[effect] for effect in task.does if effect in _ACTS and effect not in one.does]
        if missing:
            told = f"{one.name} has no tool that {' or that '.join(missing)}, so it can only prepare “{task.title}”."
            help_ = f"Give {one.name} a tool for it on its page, or put an HTTP request behind the step."
            yield Risk(
                code="no_tool", severity="medium", message=told, mitigation=help_, task=task.id, member=one.id
            )


def _only_one(plan: TeamPlan) -> Iterator[Risk]:
    for one in _busy(plan):
        alone = [
            task
            for task, by, _ in _assigned(plan)
            if by.id == one.id and sum(staffing.covers(other, task) for other in plan.members) == 1
        ]
        critical = [task for task in alone if task.id in plan.critical]
        if critical and not one.new:
            names = ", ".join(f"“{task.title}”" for task in critical[:3])
            told = f"{one.name} is the only one who can do {names}, on which the end depends."
            help_ = "Have a second agent that can do it, or give this one fallback models."
            yield Risk(code="only_one", severity="medium", message=told, mitigation=help_, member=one.id)


def _weak(plan: TeamPlan) -> Iterator[Risk]:
    """One for each agent and capability, at the task that takes most of it."""
    most: dict[tuple[str, str], tuple[Task, Member, float]] = {}
    for task, one, _ in _assigned(plan):
        for word, needed in task.capabilities.items():
            known = most.get((one.id, word))
            if not one.new and (known is None or needed > known[2]):
                most[one.id, word] = (task, one, needed)
    for (member, word), (task, one, needed) in most.items():
        has = staffing.level(one.capabilities, word)
        if has < WEAK or has < needed + 0.05:
            told = f"{one.name} can do {word} at {has:.0%}, and “{task.title}” takes {needed:.0%}."
            help_ = "Put a quality gate behind the step, or have the agent do better with other instructions."
            grave = "medium" if task.id in plan.critical else "low"
            yield Risk(
                code="weak", severity=grave, message=told, mitigation=help_, task=task.id, member=member
            )


def _unproven(plan: TeamPlan) -> Iterator[Risk]:
    help_ = "Run the workflow with a sample, and look at its answers before it is published."
    fresh = [one.name for one in _busy(plan) if one.new]
    if fresh:
        told = f"{_and(fresh)} {'are' if len(fresh) > 1 else 'is'} made for this plan, and nothing shows yet how well they do."
        yield Risk(code="unproven", severity="low", message=told, mitigation=help_)
    for one in _busy(plan):
        if not one.new and 0 < one.steps < FEW:
            told = f"Only {one.steps} outcome{'s' * (one.steps != 1)} show what {one.name} can do."
            yield Risk(code="unproven", severity="low", message=told, mitigation=help_, member=one.id)
    said = [one.name for one in _busy(plan) if not one.new and not one.steps]
    if said:
        told = f"What {_and(said)} can do is what somebody said; no outcome shows it yet."
        yield Risk(code="unproven", severity="low", message=told, mitigation=help_)


def _overloaded(plan: TeamPlan) -> Iterator[Risk]:
    for load in plan.loads:
        if load.member != PEOPLE and load.share >= NEAR and load.tasks > 1:
            name = _member(plan, load.member).name
            told = (
                f"{name} works {load.share:.0%} of the whole time; whatever else asks it makes the plan late."
            )
            help_ = "Choose more agents, or let new ones be designed."
            yield Risk(
                code="overloaded", severity="medium", message=told, mitigation=help_, member=load.member
            )


def _waits_for_people(plan: TeamPlan) -> Iterator[Risk]:
    asked = [one for one in plan.assignments if one.member == PEOPLE and one.critical]
    seconds = sum(one.end - one.start for one in asked)
    if plan.makespan and seconds > 0.5 * plan.makespan:
        told = f"{_time(seconds)} of {_time(plan.makespan)} are waiting for people: {_names(plan, [one.task for one in asked])}."
        help_ = "Say on the approval who may decide, when it escalates, and what happens when nobody answers."
        yield Risk(code="waits_for_people", severity="medium", message=told, mitigation=help_)


_RULES: tuple[_Rule, ...] = (
    _near_deadline,
    _near_budget,
    _acts_unasked,
    _cannot_act,
    _only_one,
    _weak,
    _overloaded,
    _waits_for_people,
    _price_unknown,
    _unproven,
)


def _work(plan: TeamPlan) -> list[Task]:
    return [task for task in plan.tasks if task.kind == "work"]


def _assigned(plan: TeamPlan) -> list[tuple[Task, Member, Assignment]]:
    tasks = {task.id: task for task in _work(plan)}
    return [
        (tasks[one.task], _member(plan, one.member), one) for one in plan.assignments if one.task in tasks
    ]


def _busy(plan: TeamPlan) -> list[Member]:
    busy = {one.member for one in plan.assignments}
    return [one for one in plan.members if one.id in busy and one.id != PEOPLE]


def _member(plan: TeamPlan, member_id: str) -> Member:
    return next(one for one in plan.members if one.id == member_id)


def _names(plan: TeamPlan, ids: tuple[str, ...] | list[str]) -> str:
    titles = {task.id: task.title for task in plan.tasks}
    told = ", ".join(f"“{titles[one]}”" for one in ids[:4])
    return told + (" and more" if len(ids) > 4 else "")


def _and(names: list[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if names[:-1] else "") + names[-1]


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
