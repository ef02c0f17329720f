"""Tells people what a fork keeps, what it plays again, and what that does to the world once more."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from backend.engine.acting import INSIDE, Acting, key
from backend.engine.ir import Part, Program, Scope
from backend.engine.ports import StepId
from backend.runs import fork_split, fork_undone
from backend.runs.fork_schemas import ForkPlan, SideEffect, StepPlan
from backend.runs.fork_split import Known, Split
from backend.runs.fork_undone import Rolled
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
    inside: Mapping[str, Program] = field(default_factory=dict[str, Program])  # by the place of the call
    rolled: Sequence[Rolled] = ()  # sagas that were undone


def plan(run_id: str, ready: Prepared) -> ForkPlan:
    """The plan in words and lists."""
    parts = dict(_everything(ready))
    names = {place: part.node.name or part.node.id for place, part in parts.items()}
    kept: list[StepPlan] = []
    again: list[StepPlan] = []
    for one in ready.known:
        why, step = ready.split.why_again(one.step), one.step
        listed = StepPlan(node_id=step.node_id, path=step.path, visit=step.visit,
                          name=names.get(key(step.node_id, step.path), step.node_id), why=why)  # fmt: skip
        (again if why else kept).append(listed)
    fresh = _may_play(ready, kept, again)
    found = list(_side_effects(ready, parts, again, fresh))
    undone = fork_undone.statement(ready.rolled, ready.split, names)
    return ForkPlan(
        run_id=run_id,
        version_id=ready.version.id,
        version_number=ready.version.number,
        kept=kept,
        again=again,
        may_play=sorted(fresh),
        side_effects=found,
        statement=f"{_statement(found)} {undone}".strip(),
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


def _everything(ready: Prepared) -> Iterator[tuple[str, Part]]:
    """Every node that may be played, under the name by which a mode is chosen for it."""
    programs = {"": ready.split.program, **ready.inside}
    for place, program in programs.items():
        for part in _parts(program.root):
            yield f"{place}/{part.node.id}" if place else part.node.id, part


def _side_effects(
    ready: Prepared, parts: Mapping[str, Part], again: list[StepPlan], fresh: set[str]
) -> Iterator[SideEffect]:
    times = Counter(key(step.node_id, step.path) for step in again if step.why != "gone")
    for place, part in parts.items():
        node = part.node
        if not part.kind.effects or node.disabled or not _is_played(place, ready, times, fresh):
            continue
        mode = ready.acting.mode(*_at(place)).mode
        name = " / ".join(parts[one].node.name or parts[one].node.id for one in _ways(place))
        yield SideEffect(
            node_id=place,
            name=name,
            kind=node.kind,
            effects=sorted(part.kind.effects),
            mode=mode,
            again=times[place],
            statement=_told(name, part, mode, times[place]),
        )


def _is_played(place: str, ready: Prepared, times: Mapping[str, int], fresh: set[str]) -> bool:
    """Whether it runs again, or may play for the first time: inside a call that is played again, whatever was not reached."""
    *calls, _ = _ways(place)
    if any(ready.acting.mode(*_at(call)).mode == "mocked" for call in calls):
        return False
    return place in times or place in fresh or any(call in times or call in fresh for call in calls)


def _ways(place: str) -> list[str]:
    """`a`, `a/b`, `a/b/c`: the calls around a node, and the node itself."""
    words = place.split("/")
    return ["/".join(words[: n + 1]) for n in range(len(words))]


def _at(place: str) -> tuple[str, str]:
    """A node, and a path that leads to it."""
    *calls, node_id = place.split("/")
    return node_id, "/".join(f"{call}:{INSIDE}" for call in calls)


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
