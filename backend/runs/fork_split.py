"""Which steps of a run stand in its fork and which run again; pure, from the rows and the version that the fork plays."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from backend.engine.ir import Part, Program, Scope
from backend.engine.ports import StepId
from backend.engine.signature import Signature

Why = Literal["chosen", "failed", "undone", "changed", "gone", "depends"]
Signatures = Mapping[str, Signature]


@dataclass(frozen=True)
class Known:
    """A step of the run that is forked."""

    step: StepId
    status: str
    port: str | None

    @property
    def is_dead_end(self) -> bool:
        """It failed and nothing took its error."""
        return self.status == "failed" and self.port is None


@dataclass(frozen=True, order=True)
class Turn:
    """Which playing of a container's body: its try, and its number in that."""

    path: str = field(compare=False)
    container: str = field(compare=False)
    attempt: int
    index: int

    def follows(self, other: "Turn") -> bool:
        """Whether it came later in the same try."""
        return self.attempt == other.attempt and self.index > other.index


@dataclass
class Split:
    """Answers for any step of the run whether it stands, and why not."""

    program: Program
    again: dict[str, dict[str, Why]] = field(default_factory=dict[str, dict[str, Why]])  # by path, by node
    touched: dict[str, dict[str, Turn]] = field(default_factory=dict[str, dict[str, Turn]])
    edited: frozenset[StepId] = frozenset()

    def why_again(self, step: StepId) -> Why | None:
        """None when the step stands."""
        if step in self.edited:
            return None
        if why := self._why_around(step):
            return why
        if why := self.again.get(step.path, {}).get(step.node_id):
            return why
        return "depends" if step.node_id in self.touched.get(step.path, {}) else None

    def goes_on_inside(self, step: StepId) -> bool:
        """Whether what a container has begun is played on rather than begun anew."""
        return self._why_around(step) is None and step.node_id not in self.again.get(step.path, {})

    def reached(self, step: StepId) -> bool:
        """Whether the containers around a step are played on, so that what is kept in them counts."""
        return self._why_around(step) is None

    def _why_around(self, step: StepId) -> Why | None:
        for at in _around(step.path):
            if why := self.again.get(at.path, {}).get(at.container):
                return why if why == "gone" else "depends"
            first = self.touched.get(at.path, {}).get(at.container)
            if first is not None and at.follows(first) and self._in_turns(at.path, at.container):
                return "depends"
        return None

    def _in_turns(self, path: str, container: str) -> bool:
        """Whether a later playing of the body hangs on an earlier one; only the items of a map do not."""
        part = part_at(self.program, path, container)
        return part is None or part.kind.role != "map"


def dead_ends(known: Iterable[Known]) -> frozenset[StepId]:
    """The steps that made the run fail: not those whose failure a container, or a wire, has dealt with."""
    rows = {one.step: one for one in known}
    last: dict[tuple[str, str], int] = {}
    for step in rows:
        for at in _around(step.path):
            last[at.path, at.container] = max(at.attempt, last.get((at.path, at.container), 1))

    def matters(one: Known) -> bool:
        around = list(_around(one.step.path))
        containers = (rows.get(StepId(at.container, at.path)) for at in around)
        of_last_try = all(at.attempt == last[at.path, at.container] for at in around)
        return of_last_try and all(row is None or row.is_dead_end for row in containers)

    found = [one.step for one in rows.values() if one.is_dead_end and matters(one)]
    # A container that failed because of what is inside begins again there, not from its beginning.
    outer = {StepId(at.container, at.path) for step in found for at in _around(step.path)}
    return frozenset(step for step in found if step not in outer)


def split(
    program: Program,
    known: Sequence[Known],
    chosen: Mapping[StepId, Why],
    *,
    edited: frozenset[StepId] = frozenset(),
    changed: tuple[Signatures, Signatures] | None = None,
) -> Split:
    """`chosen` run again with all that hangs on them; `edited` stand, what hangs on them runs again.

    `changed`: the signatures of the version that was played and of the one that will be, where they differ.
    """
    places = _Places(program)
    for step in (one.step for one in known):
        places.add(step)
    for step, why in chosen.items():
        places.add(step).chosen[step.node_id] = why
    for step in edited:
        places.add(step).edited.add(step.node_id)
    found = Split(program, edited=edited)
    for place in places.inside_out():
        if changed is not None:
            place.compare(*changed)
        again = found.again[place.path] = place.again()
        found.touched[place.path] = place.inside
        if place.path and (again or place.inside or place.edited):
            places.touch(place)
    return found


@dataclass
class _Place:
    """One playing of one scope, with what happened in it and what is wished of it."""

    path: str
    scope: Scope | None
    nodes: set[str] = field(default_factory=set[str])
    chosen: dict[str, Why] = field(default_factory=dict[str, Why])
    edited: set[str] = field(default_factory=set[str])
    inside: dict[str, Turn] = field(default_factory=dict[str, Turn])

    def compare(self, before: Signatures, after: Signatures) -> None:
        """Choose the nodes that another version has changed."""
        parts = self.scope.parts.values() if self.scope else ()
        for node_id in self.nodes - {part.undo.node.id for part in parts if part.undo}:
            if self.scope is None or node_id not in self.scope.parts:
                self.chosen[node_id] = "gone"
                continue
            old, new = before.get(node_id), after[node_id]
            if old is None or old.entry != new.entry:
                self.chosen.setdefault(node_id, "changed")
            elif old.whole != new.whole:
                known = self.inside.get(node_id)
                self.inside[node_id] = Turn(self.path, node_id, known.attempt if known else 1, 0)

    def again(self) -> dict[str, Why]:
        """What runs again here: what is chosen, and what lies behind that."""
        if self.scope is None:
            return dict(self.chosen)
        hanging: dict[str, Why] = {}
        for node_id in behind(self.scope, {*self.chosen, *self.inside, *self.edited}):
            hanging[node_id] = "depends"
        return hanging | self.chosen


class _Places:
    """The places of a run by path."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._found: dict[str, _Place] = {}

    def add(self, step: StepId) -> _Place:
        """The place of a step, which is known there from now on, as are the containers around it."""
        for at in _around(step.path):
            self._at(at.path).nodes.add(at.container)
        place = self._at(step.path)
        place.nodes.add(step.node_id)
        return place

    def inside_out(self) -> list[_Place]:
        """Bodies before what is around them."""
        return sorted(self._found.values(), key=lambda place: -len(list(_around(place.path))))

    def touch(self, place: _Place) -> None:
        """Something inside a container runs again, so the container itself does. Not in full where its inside is known."""
        *_, turn = _around(place.path)
        around = self._at(turn.path)
        part = around.scope.parts.get(turn.container) if around.scope else None
        if place.scope is None or part is None or part.kind.role == "state":
            around.chosen.setdefault(turn.container, "depends")
        known = around.inside.get(turn.container)
        # What another version changes inside is changed in the first turn already; of several tries the last counts.
        if known is None or turn.attempt > known.attempt or known.follows(turn):
            around.inside[turn.container] = turn

    def _at(self, path: str) -> _Place:
        found = self._found.get(path)
        if found is None:
            found = self._found[path] = _Place(path, scope_at(self._program, path))
        return found


def scope_at(program: Program, path: str) -> Scope | None:
    """The scope that is played under this path; None where the version has none."""
    scope: Scope | None = program.root
    for at in _around(path):
        part = scope.parts.get(at.container) if scope else None
        scope = _inside(part) if part else None
    return scope


def _inside(part: Part) -> Scope | None:
    """What is played under the container's path: of a state also what stands behind its exit."""
    if part.body is None or part.leaving is None:
        return part.body
    return Scope({**part.body.parts, **part.leaving.parts}, part.body.entries)


def part_at(program: Program, path: str, node_id: str) -> Part | None:
    """The node at this place; None where the version has none."""
    scope = scope_at(program, path)
    return scope.parts.get(node_id) if scope else None


def find(program: Program, node_id: str) -> Part | None:
    """The node of that id, at any depth."""
    waiting = [program.root]
    while waiting:
        scope = waiting.pop()
        if node_id in scope.parts:
            return scope.parts[node_id]
        waiting += [found for part in scope.parts.values() if (found := _inside(part)) is not None]
    return None


def behind(scope: Scope, nodes: Iterable[str]) -> set[str]:
    """Everything that wires lead to from these nodes."""
    found: set[str] = set()
    waiting = [node_id for node_id in nodes if node_id in scope.parts]
    while waiting:
        for targets in scope.parts[waiting.pop()].targets.values():
            fresh = [target for target in targets if target not in found]
            found.update(fresh)
            waiting += fresh
    return found


def _around(path: str) -> Iterator[Turn]:
    """The turns of containers that a path leads through, from the outside: `rows:3`, or `rows:3:2` in the second try."""
    outside = ""
    for part in path.split("/") if path else ():
        container, index, attempt = (*part.split(":"), "", "")[:3]
        yield Turn(outside, container, _number(attempt, 1), _number(index, 0))
        outside = f"{outside}/{part}" if outside else part


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isdecimal() else otherwise
