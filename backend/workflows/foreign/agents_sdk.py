"""OpenAI Agents SDK code, which OpenAI's Agent Builder exports as Python or TypeScript; it is read, never run."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from backend.workflows.foreign.sketch import Imported, Made, Sketch

_STEP = 280.0
_KEY = ("Its key does not travel.", "Store the provider's key under Settings, Secrets.")
_TS_AGENT = re.compile(r"(?:const|let|var)\s+(\w+)\s*=\s*new\s+Agent\s*\(\s*\{(.*?)\n\}\s*\)", re.DOTALL)
_TS_FIELD = r"\b{}\s*:\s*(?:`((?:\\.|[^`])*)`|\"((?:\\.|[^\"])*)\"|'((?:\\.|[^'])*)')"
_TS_RUN = re.compile(r"\b(?:runner|Runner)?\.?run\(\s*(\w+)")
_CONNECT = {"handoffs": "Hand-offs", "tools": "Tools", "mcp_servers": "MCP servers", "input_guardrails": "Guardrails",
            "output_guardrails": "Guardrails"}  # fmt: skip


def recognised(text: str) -> bool:
    """Code that makes agents with the SDK."""
    python = re.search(r"^\s*(from|import)\s+agents\b", text, re.MULTILINE)
    return bool(python and "Agent(" in text) or ("@openai/agents" in text and "new Agent" in text)


def read(text: str) -> Imported:
    """Draw the agents in the order in which they are run; `if` becomes a condition."""
    if "@openai/agents" in text:
        return _typescript(text)
    return _Reader(ast.parse(text)).drawn()


class _Reader:
    """Follows the workflow's function from top to bottom."""

    def __init__(self, tree: ast.Module) -> None:
        self.sketch = Sketch("OpenAI Agents SDK", "Agent workflow")
        self.agents = dict(_agents(tree))
        self.tree = tree
        self.results: dict[str, str] = {}
        self.column = 0
        self.count = 0

    def drawn(self) -> Imported:
        self.sketch.reserve("start", "Start")
        self.sketch.add("start", Made("start", {"fields": [_INPUT]}), (0, 0))
        functions = [n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        running = [f for f in functions if any(_runs(f))]
        body = running[-1].body if running else self.tree.body
        ends = self._walk(body, [("start", "out")], 0.0)
        if not any(self.results.values()) and not running:
            ends = self._in_order(ends)
        for name in self.agents.keys() - set(self.sketch.ids):
            self.sketch.left_out(
                name, "This agent is never run directly.", "Hand-offs are drawn as wires here."
            )
        return self.sketch.finished()

    def _in_order(self, ends: list[tuple[str, str]]) -> list[tuple[str, str]]:
        for name in self.agents:
            ends = self._agent(name, ends, 0.0)
        return ends

    def _walk(self, body: list[ast.stmt], ends: list[tuple[str, str]], row: float) -> list[tuple[str, str]]:
        for statement in body:
            if isinstance(statement, ast.If) and any(_runs(statement)):
                ends = self._branch(statement, ends, row)
            elif isinstance(statement, ast.With | ast.AsyncWith | ast.Try | ast.For | ast.While):
                ends = self._walk(statement.body, ends, row)
            else:
                for name in _runs(statement):
                    ends = self._agent(name, ends, row)
                    self._remember(statement, name)
        return ends

    def _remember(self, statement: ast.stmt, agent: str) -> None:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        for target in targets:
            if isinstance(target, ast.Name):
                self.results[target.id] = agent

    def _agent(self, name: str, ends: list[tuple[str, str]], row: float) -> list[tuple[str, str]]:
        if name not in self.agents or name in self.sketch.ids:
            return ends
        call = self.agents[name]
        said = {k.arg: _constant(k.value) for k in call.keywords if k.arg}
        self.sketch.reserve(name, str(said.get("name") or name))
        before = ends[0][0]
        said_before = (
            f"nodes.{self.sketch.ids[before]}.text" if before in self.agents else "input.input_as_text"
        )
        prompt = "{{ " + said_before + " }}"
        config = {
            "model": f"openai:{said.get('model') or 'gpt-4.1'}",
            "system": str(said.get("instructions") or ""),
        }
        self.column += 1
        made = Made("chat_model", {**config, "prompt": prompt}, [_KEY])
        self.sketch.add(name, made, (self.column * _STEP, row))
        for keyword in call.keywords:
            if keyword.arg in _CONNECT:
                told = f"{_CONNECT[keyword.arg]} ({ast.unparse(keyword.value)[:120]}) were left out."
                self.sketch.remark("missing", name, told, "Draw them as nodes.")
        for source, port in ends:
            self.sketch.wire(source, name, port)
        return [(name, "out")]

    def _branch(self, statement: ast.If, ends: list[tuple[str, str]], row: float) -> list[tuple[str, str]]:
        self.count += 1
        key, self.column = f"if {self.count}", self.column + 1
        test = ast.unparse(statement.test)
        self.sketch.reserve(key, f"Condition {self.count}")
        told = (
            f"It asked `{test[:200]}`.",
            "Check the expression: names of the code are not names of nodes.",
        )
        made = Made("condition", {"by": "expression", "expression": self._named(statement.test)}, [told])
        self.sketch.add(key, made, (self.column * _STEP, row))
        for source, port in ends:
            self.sketch.wire(source, key, port)
        yes = self._walk(statement.body, [(key, "yes")], row - 120)
        no = self._walk(statement.orelse, [(key, "no")], row + 120)
        return [*yes, *no]

    def _named(self, test: ast.expr) -> str:
        """The test with the results of agents named as nodes."""
        found = ast.unparse(test)
        for result, agent in self.results.items():
            node = self.sketch.ids.get(agent)
            if node:
                found = re.sub(rf"\b{re.escape(result)}\b", f"nodes.{node}", found)
        return found


_INPUT = {"name": "input_as_text", "label": "Message", "type": "long_text", "required": True}


def _agents(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made, target = node.value.func, node.targets[0]
            if isinstance(made, ast.Subscript):
                made = made.value
            if isinstance(made, ast.Name) and made.id == "Agent" and isinstance(target, ast.Name):
                yield target.id, node.value


def _runs(tree: ast.AST) -> Iterator[str]:
    """The agents that are run in a piece of code, from top to bottom."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr.startswith("run")
        ):
            given: list[ast.expr] = [
                *node.args[:1],
                *(k.value for k in node.keywords if k.arg == "starting_agent"),
            ]
            owner = ast.unparse(node.func.value).lower()
            if given and isinstance(given[0], ast.Name) and owner.endswith("runner"):
                yield given[0].id


def _constant(value: ast.expr) -> Any:
    if isinstance(value, ast.Constant):
        return value.value
    return ast.unparse(value)


def _typescript(text: str) -> Imported:
    sketch = Sketch("OpenAI Agents SDK", "Agent workflow")
    sketch.reserve("start", "Start")
    sketch.add("start", Made("start", {"fields": [_INPUT]}), (0, 0))
    found = {m.group(1): m.group(2) for m in _TS_AGENT.finditer(text)}
    order = list(dict.fromkeys(n for n in _TS_RUN.findall(text) if n in found)) or list(found)
    before = "start"
    for place, name in enumerate(order, start=1):
        sketch.reserve(name, _field(found[name], "name") or name)
        prompt = (
            "{{ input.input_as_text }}"
            if before == "start"
            else "{{ nodes." + sketch.ids[before] + ".text }}"
        )
        model = f"openai:{_field(found[name], 'model') or 'gpt-4.1'}"
        config = {"model": model, "system": _field(found[name], "instructions"), "prompt": prompt}
        sketch.add(name, Made("chat_model", config, [_KEY]), (place * _STEP, 0))
        sketch.wire(before, name)
        before = name
    for name in found.keys() - set(order):
        sketch.left_out(name, "This agent is never run directly.")
    if re.search(r"\bif\s*\(", text):
        told = "The conditions between agents are not read from TypeScript."
        sketch.left_out("if (…)", told, "Export Python instead, or draw a condition.")
    return sketch.finished()


def _field(body: str, name: str) -> str:
    found = re.search(_TS_FIELD.format(name), body, re.DOTALL)
    return next((group for group in found.groups() if group is not None), "") if found else ""
