"""Takes the rest of a goal apart again while a run goes on: by a model or by its domain; where neither can, its tasks stay."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from backend.core.errors import Invalid, QuadrilleError
from backend.identity.principal import Principal
from backend.planning import asking, domain, redrawing
from backend.planning.allocation import CannotAllocate
from backend.planning.decompose import decompose
from backend.planning.plan import Goal, Reason, Task, TeamPlan
from backend.planning.schemas import How
from backend.planning.watching import rest as resting
from backend.planning.watching.recut import Recut, recut, stays
from backend.planning.watching.rest import Rest

MOST_SECONDS = 180.0
"""Of waiting for a model: meanwhile the run goes on by the old plan."""
_OF_A_CUT = frozenset({"method", "demand", "approval", "allocation"})
"""Reasons that speak of tasks, and not of the goal."""


class NoWay(Invalid):
    """The rest cannot be reached like this."""

    code, title = "no_way_to_the_rest", "The rest cannot be taken apart like this"


@dataclass(frozen=True)
class _Cut:
    """Groups and work of the rest, and where they are from."""

    tasks: tuple[Task, ...]
    said: str
    update: Mapping[str, str] = field(default_factory=dict[str, str])
    reasons: tuple[Reason, ...] = ()
    whys: Mapping[str, str] = field(default_factory=dict[str, str])


_Way = Callable[[], Awaitable[_Cut]]


async def cut(by: Principal, rest: Rest, how: How) -> Rest:
    """The rest with other tasks, staffed; `told` says where it had to be done otherwise than was wished.

    Raises: CannotAllocate where nobody can do it and nobody may be made.
    """
    begun = [rest.nodes[name] for name in rest.course.did]
    if hand := redrawing.in_the_way(rest.drawn, rest.nodes.values(), begun):
        name = hand[0].name or hand[0].id
        said = f"“{name}” was drawn by hand among the tasks that have not begun, so they stay as they are."
        return _as_it_was(rest, [said])
    said = list[str]()
    for name, way in _ways(by, rest, how):
        try:
            async with asyncio.timeout(MOST_SECONDS):
                return replace(resting.staffed(_made(rest, await way())), told=" ".join(said))
        except TimeoutError:
            said.append(f"{name} gave no plan for the rest within {MOST_SECONDS:.0f} s.")
        except (QuadrilleError, CannotAllocate) as error:
            said.append(f"{name} gave no plan for the rest: {error.message}")
    return _as_it_was(rest, [*said, "The tasks stay as they were."])


def _as_it_was(rest: Rest, said: list[str]) -> Rest:
    told = " ".join(said)
    reasons = (*rest.plan.reasons, Reason(about="rest", text=told))
    return replace(resting.staffed(rest), told=told, into=rest.plan.model_copy(update={"reasons": reasons}))


def _ways(by: Principal, rest: Rest, how: How) -> Iterator[tuple[str, _Way]]:
    """The model that was named, or that made the plan; then the domain."""
    plan = rest.plan
    model = how.model or (plan.model if plan.source == "model" and not how.domain else "")
    if model:
        yield model, lambda: _by_model(by, rest, how.model_copy(update={"model": model}))
    if name := how.domain or plan.domain:
        yield f"The domain “{name}”", lambda: _by_domain(rest, name)


async def _by_model(by: Principal, rest: Rest, how: How) -> _Cut:
    begun = tuple(stays(rest.plan, rest.course.did).values())
    left = asking.Left(begun, [task for task in rest.tasks if task.kind == "work"])
    told = await asking.Asker(by, _left_of(rest), how, resting.agents_of(rest), left).answer()
    return _Cut(told.tasks, f"by {how.model}", {"source": "model", "model": how.model}, whys=told.dropped)


async def _by_domain(rest: Rest, name: str) -> _Cut:
    found = domain.get(name)
    able = {word for one in resting.agents_of(rest) for word in one.capabilities}
    done = decompose(found, _left_of(rest), able)
    if done.problems:
        raise NoWay(f"{done.problems[0].message} {done.problems[0].fix}")
    source = "generic" if name == domain.GENERIC else "domain"
    about = {"source": source, "domain": name, "model": ""}
    return _Cut(done.tasks, f"by the domain “{found.title}”", about, done.reasons)


def _left_of(rest: Rest) -> Goal:
    """The goal with the time and the money that are left."""
    limits, update = rest.plan.goal.constraints, dict[str, float]()
    if limits.deadline_seconds:
        update["deadline_seconds"] = max(limits.deadline_seconds - rest.course.now, 1.0)
    if limits.max_cost:
        update["max_cost"] = max(limits.max_cost - resting.spent(rest), 1e-6)
    return Goal(text=rest.plan.goal.text, constraints=limits.model_copy(update=update))


def _made(rest: Rest, found: _Cut) -> Rest:
    """The plan with the new tasks, and which of them have not begun."""
    did, plan = rest.course.did, rest.plan
    again = recut(plan, did.keys(), found.tasks)
    tasks = tuple(task for task in again.tasks if task.kind != "group" and task.id not in did)
    _require_few_tokens(rest, tasks)
    begun = len([task for task in plan.work() if task.id in did])
    text = (
        f"{rest.course.now:.0f} s after the start of a run its rest was taken apart again, {found.said}: "
        f"{begun} of its tasks had begun and stay, {len(tasks)} are to be done."
    )
    reasons = [one for one in plan.reasons if one.about not in _OF_A_CUT]
    reasons += [
        Reason(about="rest", text=text),
        *_dropped(plan, again, found),
        *found.reasons,
        *again.reasons,
    ]
    update = {"tasks": again.tasks, "reasons": tuple(reasons), **found.update}
    return replace(rest, into=plan.model_copy(update=update), tasks=tasks)


def _require_few_tokens(rest: Rest, tasks: tuple[Task, ...]) -> None:
    most = rest.plan.goal.constraints.max_tokens
    planned = {one.task: one.tokens for one in rest.plan.assignments}
    spent = sum(
        max(did.tokens, planned.get(name, 0) if did.ended is None else 0)
        for name, did in rest.course.did.items()
    )
    tokens = spent + sum(task.tokens for task in tasks)
    if most is not None and tokens > most:
        raise NoWay(f"It takes about {tokens:,} tokens with what has been done, and {most:,} are allowed.")


def _dropped(plan: TeamPlan, again: Recut, found: _Cut) -> Iterator[Reason]:
    """Why each of the tasks is not needed any more."""
    groups = {task.id: task for task in again.tasks if task.kind == "group"}
    old = {task.id: task for task in plan.tasks}
    for task in again.dropped:
        above = old.get(task.parent or "")
        while above is not None and above.id not in groups:
            above = old.get(above.parent or "")
        now = groups[above.id] if above else None
        if task.kind == "approval":
            why = "what it was about is done otherwise, or not at all."
        elif task.id in found.whys:
            why = found.whys[task.id]
        elif now is not None and now.reason:
            why = f"“{now.title}” is done by “{now.reason}” now."
        else:
            why = f"the rest is reached without it, {found.said}."
        yield Reason(about="rest", text=f"“{task.title}” is not needed any more: {why}")
