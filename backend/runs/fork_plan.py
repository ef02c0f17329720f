"""Tells people what a fork keeps, what it plays again, and what that does to the world once more."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from backend.engine.acting import Acting
from backend.engine.ir import Part, Scope
from backend.engine.ports import StepId
from backend.runs import fork_split
from backend.runs.fork_schemas import ForkPlan, SideEffect, StepPlan
from backend.runs.fork_split import Known, Split
from backend.workflows.models import Version

_WORDS = {
    "external": "reaches other systems",
    "write": "writes",
    "money": "may cost money",
    "code": "runs code",
    "read": "reads",
}
_HARMLESS = frozenset({"read", "code"})


@dataclass(frozen=True)
class Prepared:
    """A fork that could be made."""

    version: Version
    known: Sequence[Known]
    split: Split
    acting: Acting
    skipped: Collection[StepId] = ()


def plan(run_id: str, ready: Prepared) -> ForkPlan:
    """The plan in words and lists."""
    names = {part.node.id: part.node.name or part.node.id for part in _parts(ready.split.program.root)}
    kept: list[StepPlan] = []
    again: list[StepPlan] = []
    for one in ready.known:
        why, step = ready.split.why_again(one.step), one.step
        listed = StepPlan(node_id=step.node_id, path=step.path, visit=step.visit,
                          name=names.get(step.node_id, step.node_id), why=why)  # fmt: skip
        (again if why else kept).append(listed)
    fresh = _may_play(ready, kept, again)
    found = list(_side_effects(ready, again, fresh))
    return ForkPlan(
        run_id=run_id,
        version_id=ready.version.id,
        version_number=ready.version.number,
        kept=kept,
        again=again,
        may_play=sorted(fresh),
        side_effects=found,
        statement=_statement(found),
    )


def _parts(scope: Scope) -> Iterator[Part]:
    for part in scope.parts.values():
        yield part
        if part.body is not None:
            yield from _parts(part.body)


def _may_play(ready: Prepared, kept: list[StepPlan], again: list[StepPlan]) -> set[str]:
    """Nodes without a step: those behind what runs again, and those that the run had not come to."""
    settled = {step.node_id for step in kept}
    moved = {step.node_id for step in again}
    dead = {step.node_id for step in ready.skipped}
    found: set[str] = set()

    def look(scope: Scope, *, opened: bool) -> None:
        reached = fork_split.behind(scope, moved)
        for node_id, part in scope.parts.items():
            open_here = opened or node_id in reached or node_id not in settled | dead
            if node_id not in settled | moved and (node_id in reached or opened or node_id not in dead):
                found.add(node_id)
            if part.body is not None and node_id not in settled:
                look(part.body, opened=open_here)

    look(ready.split.program.root, opened=False)
    return found - set(ready.split.program.root.orphans)


def _side_effects(ready: Prepared, again: list[StepPlan], fresh: set[str]) -> Iterator[SideEffect]:
    times = Counter(step.node_id for step in again if step.why != "gone")
    for part in _parts(ready.split.program.root):
        node = part.node
        if not part.kind.effects or node.disabled or (node.id not in times and node.id not in fresh):
            continue
        mode, name = ready.acting.mode(node.id).mode, node.name or node.id
        yield SideEffect(
            node_id=node.id,
            name=name,
            kind=node.kind,
            effects=sorted(part.kind.effects),
            mode=mode,
            again=times[node.id],
            statement=_told(name, part, mode, times[node.id]),
        )


def _told(name: str, part: Part, mode: str, times: int) -> str:
    if mode == "recorded":
        return f"{name} takes its recorded answers; nothing goes out."
    if mode == "mocked":
        return f"{name} is mocked; nothing goes out."
    what = " and ".join(_WORDS.get(effect, effect) for effect in sorted(part.kind.effects))
    if not times:
        return f"{name} {what}, for the first time."
    return f"{name} {what} again" + (f", {times} times." if times > 1 else ".")


def _statement(found: list[SideEffect]) -> str:
    live = [one for one in found if one.mode == "live" and not _HARMLESS.issuperset(one.effects)]
    again = [one.name for one in live if one.again]
    first = [one.name for one in live if not one.again]
    if not live:
        return "No side effect happens again."
    told = [f"Happens again: {_listed(again)}." if again else "No side effect happens again."]
    if first:
        told.append(f"May happen for the first time: {_listed(first)}.")
    return " ".join(told)


def _listed(names: list[str]) -> str:
    shown = names[:6]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
