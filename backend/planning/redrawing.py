"""The diagram of a run whose plan was cut anew: what has begun stands as it was drawn, and the rest is drawn behind it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from backend.nodes import registry
from backend.planning import drawing
from backend.planning.drawing import Drawing
from backend.planning.plan import Task, TeamPlan
from backend.workflows.diagram import Diagram, Node, Wire
from backend.workflows.proposals import merging

_ENDS = ("start", "output")
_PORTS: Mapping[str, tuple[str, ...]] = {
    "agent": ("out", "limit"),
    "human_approval": ("approved", "rejected", "expired"),
}


@dataclass(frozen=True)
class Drawn:
    """A plan as a run plays it: its tasks, and which node each is."""

    plan: TeamPlan
    nodes: Mapping[str, str]


def redrawn(
    run: Diagram, before: Drawn, after: Drawn, agents: Mapping[str, str], begun: Collection[str]
) -> Diagram:
    """The run's diagram with the tasks of `after`; `begun` are nodes, `agents` says which agent a member is."""
    kept = _kept(run, begun)
    aside = {node.id for node in run.nodes if _is_aside(node)}
    work = Drawing(
        after.plan,
        agents,
        {*kept, *aside, *_ENDS},
        [node for node in run.nodes if node.id in kept],
        [wire for wire in run.wires if wire.source in kept and wire.target in kept],
        known=after.nodes,
    )
    known = {node.id: node for node in run.nodes}
    for task in after.plan.work():
        if work.ids[task.id] not in kept:
            work.task(task, _standing(task, known, before, work))
    work.end(list(_loose(run, begun, after)))
    drawn = run.model_copy(update={"nodes": tuple(work.nodes), "wires": tuple(work.wires)})
    return merging.merged(run, drawn, registry.all_kinds())


def in_the_way(run: Diagram, nodes: Collection[str], begun: Collection[str]) -> list[Node]:
    """What people have drawn among the tasks that have not begun: a plan knows nothing of it."""
    kept = _kept(run, begun)
    own = {*nodes, *_ENDS}
    return [
        node
        for node in run.nodes
        if node.id not in kept | own and not _is_aside(node) and not drawing.is_join(node)
    ]


def _kept(run: Diagram, begun: Collection[str]) -> set[str]:
    """What has begun, whatever leads there, and what is inside of it."""
    before: dict[str, list[str]] = {}
    for wire in run.wires:
        before.setdefault(wire.target, []).append(wire.source)
    found, waiting = set[str](), ["start", *begun]
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += before.get(name, [])
            waiting += [node.id for node in run.nodes if node.parent == name]
    return found & {node.id for node in run.nodes}


def _standing(task: Task, known: Mapping[str, Node], before: Drawn, work: Drawing) -> Node | None:
    """The node of a task that nothing has changed for, with what people wrote into it; only who is asked may differ."""
    old = {one.id: one for one in before.plan.work()}
    was, node = old.get(task.id), known.get(before.nodes.get(task.id, ""))
    if was is None or node is None or node.id != work.ids[task.id]:
        return None
    if not alike(was, task) or drawing.direct(was, old) != drawing.direct(task, work.tasks):
        return None
    if node.kind == "agent":
        return node.model_copy(update={"config": {**node.config, "agent": work.agent(task)}})
    return node


def alike(one: Task, other: Task) -> bool:
    """Whether both ask the same of somebody, whoever it is and however long it takes."""
    said = {"kind", "title", "what", "done_when", "does"}
    return one.model_dump(include=said) == other.model_dump(include=said)


def _loose(run: Diagram, begun: Collection[str], after: Drawn) -> Iterator[Wire]:
    """The ways out of what has begun although the plan does not have it any more."""
    for node in run.nodes:
        if node.id in begun and node.id not in after.nodes.values():
            for port in _PORTS.get(node.kind, ()):
                yield Wire(source=node.id, source_port=port, target="output")


def _is_aside(node: Node) -> bool:
    """Remarks and frames of people, which nothing leads through."""
    kind = registry.all_kinds().get(node.kind)
    return kind is not None and kind.role in ("note", "group")
