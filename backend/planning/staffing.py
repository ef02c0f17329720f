"""What the tasks take against what the team's agents can: which agents are lacking, and what they must be like."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from backend.agents import ready_made
from backend.agents.schemas import RolePublic
from backend.core.words import telling
from backend.planning.plan import NEW, Goal, Member, PlanProblem, Reason, Role, Task


@dataclass(frozen=True)
class Staff:
    """Agents to be made, who can be chosen with them, why, and what stays impossible."""

    roles: tuple[Role, ...]
    members: tuple[Member, ...]
    reasons: tuple[Reason, ...]
    problems: tuple[PlanProblem, ...]


def level(has: Mapping[str, float], wanted: str) -> float:
    """How well it can what is wanted; “Reviewing” is “review”, for names are people's own words."""
    key = alike(wanted)
    return max((value for name, value in has.items() if alike(name) == key), default=0.0)


def alike(name: str) -> frozenset[str]:
    """What two names of the same capability have in common."""
    return frozenset(telling(name)) or frozenset({name.casefold()})


def covers(member: Member, task: Task) -> bool:
    """Whether it comes up to every level that the task takes."""
    return all(level(member.capabilities, name) >= needed for name, needed in task.capabilities.items())


def staff(tasks: Sequence[Task], members: Sequence[Member], goal: Goal) -> Staff:
    """The team's agents, with those that are lacking designed from the ready-made roles."""
    lacking = [t for t in tasks if t.kind == "work" and not any(covers(one, t) for one in members)]
    if not lacking:
        return Staff((), tuple(members), (), ())
    if not goal.constraints.new_agents:
        return Staff((), tuple(members), (), tuple(_problem(one, members) for one in lacking))
    roles = _designed(lacking, members)
    fresh = tuple(_member(role) for role in roles)
    reasons = tuple(Reason(about="role", text=role.reason) for role in roles)
    return Staff(roles, (*members, *fresh), reasons, ())


def _designed(lacking: Sequence[Task], members: Sequence[Member]) -> tuple[Role, ...]:
    """One agent for each ready-made role that the tasks are like, unless what they take does not go together."""
    groups: dict[str, list[Task]] = {}
    for task in lacking:
        groups.setdefault(_nearest(task).name, []).append(task)
    taken = {one.name.casefold() for one in members}
    found: list[Role] = []
    for name, tasks in groups.items():
        found.append(_role(name, tasks, members, taken))
        taken.add(found[-1].name.casefold())
    return tuple(found)


def _role(name: str, tasks: Sequence[Task], members: Sequence[Member], taken: Iterable[str]) -> Role:
    template = ready_made.get(name)
    able = {one.name: one.proficiency for one in template.capabilities}
    needed: dict[str, float] = {}
    for task in tasks:
        for word, value in task.capabilities.items():
            needed[word] = max(value, needed.get(word, 0.0), level(able, word))
    extra = {word: value for word, value in able.items() if alike(word) not in set(map(alike, needed))}
    titles = ", ".join(f"“{one.title}”" for one in tasks)
    return Role(
        key=name,
        name=_free(template.title, taken),
        from_role=name,
        goal=f"{template.profile.goal or template.sentence} It is for: {titles}."[:2_000],
        capabilities={**needed, **extra},
        reason=f"{_lacks(tasks, members)} “{template.title}” of the ready-made roles is nearest to {titles}, so one is designed.",
    )


def _lacks(tasks: Sequence[Task], members: Sequence[Member]) -> str:
    """What nobody comes up to, with how far the best one comes."""
    told: list[str] = []
    for word, needed in {word: value for task in tasks for word, value in task.capabilities.items()}.items():
        best = max(members, key=lambda one: level(one.capabilities, word), default=None)
        has = level(best.capabilities, word) if best else 0.0
        if has < needed:
            nearest = f"; {best.name} comes nearest with {has:.0%}" if best and has else ""
            told.append(f"no agent can do {word} at {needed:.0%}{nearest}")
    if not told:
        told = ["no agent can do by itself all that one of these tasks takes"]
    text = ", and ".join(told)
    return f"{text[:1].upper()}{text[1:]}."


def _nearest(task: Task) -> RolePublic:
    """The role that the task says, or the one that can most of what it takes."""
    roles = ready_made.all_()
    named = next((one for one in roles if one.name == task.role), None)
    return named or max(roles, key=lambda role: (_shared(role, task), -roles.index(role)))


def _shared(role: RolePublic, task: Task) -> float:
    able = {one.name: one.proficiency for one in role.capabilities}
    exact = sum(level(able, word) for word in task.capabilities)
    said = set(telling(f"{role.title} {role.sentence}"))
    return exact + 0.01 * len(said & set(telling(f"{task.title} {task.what}")))


def _member(role: Role) -> Member:
    profile = ready_made.get(role.from_role).profile
    return Member(
        id=NEW + role.key,
        name=role.name,
        role=role.from_role,
        model=profile.model,
        capabilities=role.capabilities,
        new=True,
    )


def _free(wanted: str, taken: Iterable[str]) -> str:
    number, name = 1, wanted
    while name.casefold() in taken:
        number += 1
        name = f"{wanted} {number}"
    return name


def _problem(task: Task, members: Sequence[Member]) -> PlanProblem:
    word = next(
        (
            name
            for name, value in task.capabilities.items()
            if not any(level(m.capabilities, name) >= value for m in members)
        ),
        next(iter(task.capabilities), ""),
    )
    return PlanProblem(
        code="nobody_can",
        message=f"Nobody can do “{task.title}”. {_lacks([task], members)}",
        fix="Allow new agents, choose more agents, or say on an agent's page that it can.",
        task=task.id,
        capability=word,
    )
