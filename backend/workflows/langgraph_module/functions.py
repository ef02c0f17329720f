"""The functions of an exported module: one a node, and for containers those that play what is inside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from backend.core.errors import QuadrilleError
from backend.nodes.kind import Kind, NodeConfig
from backend.workflows.chart import upgraded
from backend.workflows.diagram import Node
from backend.workflows.langgraph_module import bodies, bodies_ai, bodies_teams
from backend.workflows.langgraph_module import expressions as py
from backend.workflows.langgraph_module.bodies import Body
from backend.workflows.langgraph_module.plan import Plan

_SHIPPED = "backend.nodes.kinds."
_WRITERS = {**bodies.WRITERS, **bodies_ai.WRITERS, **bodies_teams.WRITERS}


@dataclass
class Functions:
    """Writes the functions of nodes, and keeps what is to be said about them."""

    plan: Plan
    names: Mapping[str, str]
    remarks: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def of(self, node: Node) -> list[str]:
        """The functions of a node that is no State, as source."""
        kind, config = self.read(node)
        self._common(node, kind)
        if kind is None or config is None or node.disabled:
            return [self._function(node, self.decorated(node), self._replaced(node, kind))]
        containers = {"map": self._map, "loop": self._loop, "saga": self._saga, "machine": self._machine}
        if kind.role in containers and type(config).__module__.startswith(_SHIPPED):
            return containers[kind.role](node, config)
        return [self._function(node, self.decorated(node), self._written(node, config).lines)]

    def read(self, node: Node) -> tuple[Kind | None, NodeConfig | None]:
        """The node's kind and its checked settings, as far as there are any."""
        kind = self.plan.chart.kind(node)
        if kind is None:
            return None, None
        try:
            return kind, kind.config.model_validate(upgraded(node, kind))
        except ValidationError:
            return kind, None

    def say(self, node: Node, remark: str) -> None:
        """Remember what behaves otherwise."""
        self.remarks.append((node.name or node.id, remark))

    def decorated(self, node: Node, **more: Any) -> str:
        """The decorator with what deviates from its defaults."""
        ports = self.plan.chart.ports(node) or ("out",)
        port = "out" if "out" in ports else ports[0]
        told: dict[str, Any] = {"port": port} if port != "out" else {}
        need = self._need(node)
        told |= {"need": need} if need else {}
        if node.retry.max_attempts > 1:
            told |= {"attempts": node.retry.max_attempts, "pause": node.retry.backoff_seconds}
            told |= {"factor": node.retry.factor} if node.retry.factor != 2 else {}
        if node.on_error == "default":
            told |= {"on_error": "default", "default": node.default_output}
        elif self.plan.routed(node):
            told["on_error"] = "route"
        if self.plan.chart.start is node:
            told["entry"] = True
        listed = "".join(f", {name}={value!r}" for name, value in {**told, **more}.items())
        return f"@node({node.id!r}{listed})"

    def function(self, node: Node, name: str, lines: list[str], doc: str = "") -> str:
        """A function over the state."""
        return drawn(name, doc or f"{self._title(node)}: {node.name or node.id}.", lines)

    def _function(self, node: Node, decorator: str, lines: list[str]) -> str:
        return f"{decorator}\n{self.function(node, self.names[node.id], lines)}"

    def _title(self, node: Node) -> str:
        kind = self.plan.chart.kind(node)
        return kind.title if kind else node.kind

    def _need(self, node: Node) -> int:
        if self.plan.chart.role(node.id) != "join":
            return 0
        config: Any = self.read(node)[1]
        return {"any": 1, "count": getattr(config, "count", 1)}.get(getattr(config, "mode", "all"), 0)

    def _common(self, node: Node, kind: Kind | None) -> None:
        for is_set, remark in (
            (node.timeout_seconds, f"has a time limit of {node.timeout_seconds} seconds, which is not kept"),
            (node.cache_seconds, "keeps its results for a time in Quadrille, here it is played anew"),
            (
                kind and kind.is_container and node.retry.max_attempts > 1,
                "is tried once, with all that is in it",
            ),
            (node.pinned is not None or node.mock, "has test data, which stayed behind"),
        ):
            if is_set:
                self.say(node, remark)

    def _replaced(self, node: Node, kind: Kind | None) -> list[str]:
        """What stands for a node that is disabled, or that cannot be read."""
        if node.disabled:
            return [f"return passed_on(state, {node.id!r}) if came(state, {node.id!r}) else None"]
        why = "its kind is not installed" if kind is None else "its settings are wrong"
        self.say(node, f"was not carried over ({why}): fill in its function")
        return [f"return unknown({node.id!r}, {node.kind!r}, passed_on(state, {node.id!r}), {node.config!r})"]

    def _written(self, node: Node, config: NodeConfig) -> Body:
        try:
            writers = _WRITERS if type(config).__module__.startswith(_SHIPPED) else {}
            body = bodies.written(node, config, writers)
        except (QuadrilleError, SyntaxError, KeyError, RecursionError, MemoryError) as wrong:
            why = "its kind is a plug-in's" if isinstance(wrong, KeyError) else str(wrong)
            self.say(node, f"was not carried over ({why}): fill in its function")
            given = f"passed_on(state, {node.id!r})"
            return Body(node, [f"return unknown({node.id!r}, {node.kind!r}, {given}, {node.config!r})"])
        for remark in body.remarks:
            self.say(node, remark)
        return body

    # Containers

    def _map(self, node: Node, config: Any) -> list[str]:
        name, ends = self.names[node.id], self._ends(node)
        if config.concurrency > 1:
            self.say(
                node, 'plays its entries as LangGraph likes; bound them with `config["max_concurrency"]`'
            )
        items = self.function(node, f"{name}_items", [f"return Each({py.value(config.items)})"])
        each = [f"return one_of_many({node.id!r}, state, {name}_body(){ends})"]
        doc = f"{node.name or node.id}, for one entry."
        gather = self.function(node, name, [f"return gathered({node.id!r}, state, {config.on_item_error!r})"])
        return [
            f"{self.decorated(node)}\n{items}",
            self.function(node, f"{name}_each", each, doc),
            f"{self.decorated(node, gathers=True)}\n{gather}",
        ]

    def _loop(self, node: Node, config: Any) -> list[str]:
        name, ends = self.names[node.id], self._ends(node)
        lines = [
            f"index, previous = round_of({node.id!r}, state)",
            f"end = {name}_body().invoke(inner(state, index=index, previous=previous))",
            f"previous = result(end{ends})",
            f"if {py.value(config.until)} or index + 1 >= {config.max_iterations}:",
            "    return previous",
            "return Again(index + 1, previous)",
        ]
        if config.best_by.strip():
            self.say(node, "gives its last round, not its best one")
        doc = f"Loop: {node.name or node.id}, one round."
        return [f"{self.decorated(node)}\n{drawn(name, doc, lines, own=('index', 'previous'))}"]

    def _saga(self, node: Node, config: Any) -> list[str]:
        self.say(node, "asks nobody when a compensation fails, and undoes only what stands directly in it")
        undone = self.plan.undone_by[node.id]
        listed = ", ".join(f"{done!r}: {self.names[undo]}" for done, undo in undone.items())
        ends = self._ends(node).removeprefix(", ") or "()"
        wired = "compensated" in self.plan.targets[node.id]
        lines = [f"return saga(state, {self.names[node.id]}_body(), {ends}, {{{listed}}}, {wired})"]
        undoes = [text for undo in undone.values() for text in self.of(self.plan.chart.nodes[undo])]
        return [*undoes, self._function(node, self.decorated(node), lines)]

    def _machine(self, node: Node, config: Any) -> list[str]:
        body = f"{self.names[node.id]}_body()"
        lines = [f"return machine_result({body}.invoke(inner(state, index=0, previous=None, event=None)))"]
        return [self._function(node, self.decorated(node), lines)]

    def _ends(self, node: Node) -> str:
        ends = self.plan.scope(node.id).ends
        return f", {ends!r}" if ends else ""


def drawn(
    name: str, doc: str, lines: list[str], *, own: tuple[str, ...] = (), parameters: str = "state: State"
) -> str:
    """A function that first takes from the state what its lines read, but for names that are its own."""
    read = py.names_in("def body():\n" + "\n".join(f" {line}" for line in lines))
    taken = [
        f'{one} = state["{one}"]' if one in _ALWAYS else f'{one} = state.get("{one}")'
        for one in read
        if one not in own
    ]
    told = '"""' + doc.replace("\\", "/").replace('"', "'").replace("\n", " ") + '"""'
    return f"def {name}({parameters}):\n" + "\n".join(f"    {line}" for line in (told, *taken, *lines))


_ALWAYS = ("input", "nodes", "run")
