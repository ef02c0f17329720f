"""A plan as a diagram: an agent node for each task, joins where branches meet, approvals where people are asked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.nodes import registry
from backend.planning import demands
from backend.planning.plan import Task, TeamPlan
from backend.workflows.diagram import Diagram, Node, Wire
from backend.workflows.proposals import merging

_NOT_DONE = "(this was not done, because nobody agreed to it)"
_RESULT = "meet"


@dataclass
class Drawing:
    """On its way: tasks become nodes one by one, behind whatever stands there already."""

    plan: TeamPlan
    agents: Mapping[str, str]
    taken: set[str]
    nodes: list[Node] = field(default_factory=list[Node])
    wires: list[Wire] = field(default_factory=list[Wire])
    joins: dict[frozenset[str], str] = field(default_factory=dict[frozenset[str], str])
    known: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self.tasks = {task.id: task for task in self.plan.work()}
        self.ids = named(self.plan, self.known, self.taken)
        self.taken |= set(self.ids.values())

    def whole(self) -> Diagram:
        """All of it, from the start on."""
        self.nodes.append(_start(self.plan))
        for task in self.plan.work():
            self.task(task)
        self.end()
        return Diagram(
            name=self.plan.title,
            description=f"Planned for: {_plain(self.plan.goal.text)}"[:2_000],
            nodes=tuple(self.nodes),
            wires=tuple(self.wires),
            samples={"good": {"text": ""}},
        )

    def task(self, task: Task, given: Node | None = None) -> None:
        """Its node, or the one that is given for it, behind those of the tasks that it needs."""
        node_id = self.ids[task.id]
        before = direct(task, self.tasks)
        if given is not None:
            node = given
        elif task.kind == "approval":
            node = self._approval(task, before)
        else:
            node = Node(
                id=node_id,
                kind="agent",
                name=_plain(task.title),
                config={"agent": self.agent(task), "task": self._asked(task, before)},
            )
        self._lead(before, node_id)
        self.nodes.append(node)

    def _lead(self, before: tuple[str, ...], node_id: str) -> None:
        """From the start, from the one task before it, or from where several meet."""
        if not before:
            self.wires.append(Wire(source="start", target=node_id))
        elif len(before) == 1:
            self._ways(before[0], node_id)
        else:
            self.wires.append(Wire(source=self._join(before), target=node_id))

    def _join(self, before: tuple[str, ...]) -> str:
        known = frozenset(before)
        if known not in self.joins:
            self.joins[known] = join = self._free(_RESULT)
            self.nodes.append(Node(id=join, kind="join", name="Wait for all", config={"mode": "all"}))
            for one in before:
                self._ways(one, join)
        return self.joins[known]

    def _ways(self, task_id: str, target: str) -> None:
        """An agent that came to a limit gives the best it had; an approval goes on only where it was given."""
        source = self.ids[task_id]
        approval = self.tasks[task_id].kind == "approval"
        for port in ("approved",) if approval else ("out", "limit"):
            self.wires.append(Wire(source=source, source_port=port, target=target))

    def end(self, loose: Sequence[Wire] = ()) -> None:
        """Whatever is last meets before the output, together with every no of a person, and `loose` ends that lead nowhere."""
        ends = demands.last(self.plan.tasks)
        asked = [task.id for task in self.plan.work() if task.kind == "approval"]
        target = "output"
        if len(ends) > 1 or asked or loose:
            target = self._free(_RESULT)
            self.nodes.append(Node(id=target, kind="join", name="End", config={"mode": "all"}))
            self.wires.append(Wire(source=target, target="output"))
        self.wires += [one.model_copy(update={"target": target}) for one in loose]
        for one in ends:
            self._ways(one, target)
        for one in asked:
            for port in ("rejected", "expired"):
                self.wires.append(Wire(source=self.ids[one], source_port=port, target=target))
        self.nodes.append(self._output(ends, asked))

    def _output(self, ends: tuple[str, ...], asked: list[str]) -> Node:
        refused = " or ".join(
            f"(nodes.{self.ids[one]} and nodes.{self.ids[one]}.verdict in ['rejected', 'expired'])"
            for one in asked
        )
        status = f"{{{{ 'not approved' if {refused} else 'done' }}}}" if refused else "done"
        work = tuple(dict.fromkeys(name for one in ends for name in self._work_before(one)))
        fields = [{"name": "status", "value": status}]
        fields += [{"name": self.ids[one], "value": self._text(one, "None")} for one in work]
        return Node(id="output", kind="output", name="Result", config={"fields": fields})

    def _work_before(self, task_id: str) -> tuple[str, ...]:
        """The task, or what an approval is about."""
        if self.tasks[task_id].kind == "work":
            return (task_id,)
        return tuple(name for one in self.tasks[task_id].needs for name in self._work_before(one))

    def _approval(self, task: Task, before: tuple[str, ...]) -> Node:
        shown = [f"**{_plain(self.tasks[one].title)}**\n\n{self._text(one)}" for one in self._given(before)]
        message = "\n\n".join(filter(None, (_plain(task.what), *shown)))
        config: dict[str, Any] = {"title": f"{_plain(task.title)}?", "message": message}
        return Node(id=self.ids[task.id], kind="human_approval", name=_plain(task.title), config=config)

    def _asked(self, task: Task, before: tuple[str, ...]) -> str:
        """What the agent is told: the goal, its part, what it is about, and what was done before it."""
        parts = [
            "The goal: {{ input.goal }}",
            f"Your part of it: {_plain(task.title)}. {_plain(task.what)}".strip(),
            f"It is done when: {_plain(task.done_when)}" if task.done_when else "",
            "{{ 'It is about: ' + input.text if input.text else '' }}",
        ]
        parts += [
            f"From “{_plain(self.tasks[one].title)}”:\n{self._text(one)}" for one in self._given(before)
        ]
        return "\n\n".join(filter(None, parts))

    def _given(self, before: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for one in before for name in self._work_before(one)))

    def _text(self, task_id: str, missing: str = f"'{_NOT_DONE}'") -> str:
        node = self.ids[task_id]
        return f"{{{{ nodes.{node}.text if nodes.{node} else {missing} }}}}"

    def agent(self, task: Task) -> str:
        """Who is asked for it."""
        member = next((one.member for one in self.plan.assignments if one.task == task.id), "")
        return self.agents.get(member, member)

    def _free(self, wanted: str) -> str:
        found = _free(wanted, self.taken)
        self.taken.add(found)
        return found


def diagram(
    plan: TeamPlan, agents: Mapping[str, str], known: Mapping[str, str] | None = None
) -> tuple[Diagram, dict[str, str]]:
    """The diagram, placed, and which node each task is.

    `agents` says which agent a member is, `known` of which task that was drawn before which node.
    """
    drawing = Drawing(plan, agents, {"start", "output"}, known=known or {})
    drawn = drawing.whole()
    return merging.placed(drawn, set(), registry.all_kinds()), drawing.ids


def named(plan: TeamPlan, known: Mapping[str, str], taken: Collection[str]) -> dict[str, str]:
    """The node of each task: the one it has, or a new one whose name nothing has."""
    found = {task.id: known[task.id] for task in plan.work() if task.id in known}
    used = {*taken, *found.values()}
    for task in plan.work():
        if task.id not in found:
            found[task.id] = _free(task.id, used)
            used.add(found[task.id])
    return found


def is_join(node: Node) -> bool:
    """Whether it is one of those that a plan draws where its tasks meet."""
    return node.kind == "join" and node.id.partition("_")[0] == _RESULT


def _free(wanted: str, taken: Collection[str]) -> str:
    number, found = 1, wanted
    while found in taken:
        number += 1
        found = f"{wanted[:58]}_{number}"
    return found


def _start(plan: TeamPlan) -> Node:
    fields = [
        {
            "name": "text",
            "type": "long_text",
            "label": "What it is about",
            "help": "A request, a document, a question.",
        },
        {"name": "goal", "type": "long_text", "label": "Goal", "default": plan.goal.text},
    ]
    return Node(id="start", kind="start", name="Goal", config={"fields": fields})


def direct(task: Task, tasks: Mapping[str, Task]) -> tuple[str, ...]:
    """What comes right before it: what something else before it waits for anyway is left out."""
    behind = {name for one in task.needs for name in _all_before(one, tasks)}
    return tuple(name for name in task.needs if name not in behind)


def _all_before(task_id: str, tasks: Mapping[str, Task]) -> set[str]:
    found: set[str] = set()
    waiting = list(tasks[task_id].needs)
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += tasks[name].needs
    return found


def _plain(text: str) -> str:
    """Text of a goal or a model never becomes an expression."""
    return text.replace("{{", "{ {").replace("{%", "{ %").replace("}}", "} }")
