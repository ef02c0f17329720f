"""One Python expression over a run's data: checked before, translated, and evaluated in the sandbox.

`a.b` reads a field and gives None where it is missing; only listed functions and methods exist; nothing is executed
while checking. Expressions see `input`, `nodes`, `run`, and inside containers `item`, `index`, `previous` and `event`.
"""

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from pydantic import JsonValue

from backend.core import sandbox
from backend.core.errors import Invalid, Problem
from backend.nodes import places
from backend.nodes.expression_words import (
    FILTERS,
    FUNCTIONS,
    IN_EVALUATIONS,
    LITERALS,
    METHODS,
    NODES_ALLOWED,
    READ,
    SCOPE_NAMES,
    VIEWS,
    prelude_for,
)

MAX_LENGTH = 2_000
MAX_DEPTH = 100


class ExpressionError(Invalid):
    """An expression or a template hole is wrong or failed; `expression` is its text."""

    code: ClassVar[str] = "expression"
    title: ClassVar[str] = "An expression failed"

    def __init__(self, message: str, *, expression: str, problems: list[Problem] | None = None) -> None:
        self.expression = expression
        super().__init__(message, problems=problems, expression=expression)


@dataclass(frozen=True)
class Ready:
    """A checked expression in the sandbox's words, with what it reads of the scope: `nodes` is None where it reads all."""

    text: str
    source: str
    names: frozenset[str]
    nodes: frozenset[str] | None
    path: tuple[str, ...] = ()
    """Of an expression that only names a place in the scope, as `input.amount` does."""


async def value(
    expression: str, scope: Mapping[str, JsonValue], *, seconds: float = sandbox.EXPRESSION_SECONDS
) -> JsonValue:
    """The value of one expression; raises ExpressionError."""
    found = await values([_ready(expression)], scope, seconds=seconds)
    return found[0]


async def values(
    wanted: Sequence[Ready],
    scope: Mapping[str, JsonValue],
    *,
    seconds: float = sandbox.EXPRESSION_SECONDS,
) -> list[JsonValue]:
    """The values of several expressions: those of places as they are, else in one visit of the sandbox."""
    if (there := places.found(scope, [one.path for one in wanted])) is not None:
        return there
    seen = needed(scope, wanted)
    sources = tuple(one.source for one in wanted)
    try:
        return await sandbox.evaluate(sources, seen, prelude=prelude_for(sources), seconds=seconds)
    except sandbox.SandboxMissing:
        raise
    except sandbox.SandboxError as error:
        text = wanted[error.index or 0].text
        raise ExpressionError(f"`{text.strip()}` failed: {_human(error)}", expression=text) from error


def ready(text: str, tree: ast.Expression) -> Ready:
    """Make a checked tree ready; the tree is used up."""
    names = frozenset(n.id for n in ast.walk(tree) if isinstance(n, ast.Name))
    nodes = None if _uses_all_nodes(tree) else frozenset(_nodes_read(tree))
    path = places.path(tree.body)
    return Ready(text, ast.unparse(_Translated().visit(tree)), names, nodes, path)


@lru_cache(2000)
def _ready(expression: str) -> Ready:
    """Expressions come again with every run, and are short."""
    return ready(expression, parsed(expression))


def problems_of(
    expression: str, known_names: Iterable[str] = SCOPE_NAMES, *, place: str = ""
) -> list[Problem]:
    """Everything wrong with an expression that can be seen without running it."""
    try:
        tree = _read(expression)
    except ExpressionError as error:
        return [Problem(error.message, place=place, fix="Mend the expression.", code="expression")]
    return _checked(tree, frozenset(known_names), place)


def parsed(expression: str, known_names: Iterable[str] = SCOPE_NAMES) -> ast.Expression:
    """The expression's tree; raises ExpressionError with all that is wrong."""
    tree = _read(expression)
    wrong = _checked(tree, frozenset(known_names), "")
    if wrong:
        told = " ".join(problem.message for problem in wrong)
        raise ExpressionError(f"`{expression.strip()}`: {told}", expression=expression, problems=wrong)
    return tree


def references(expression: str) -> set[str]:
    """Ids of the nodes whose outputs the expression reads; nothing for what cannot be read."""
    try:
        tree = _read(expression)
    except ExpressionError:
        return set()
    return _nodes_read(tree)


def renamed(expression: str, old: str, new: str) -> str:
    """The expression with another id for a node."""
    name = re.escape(old)
    dotted = re.sub(rf"(?<![\w.])(nodes\s*\.\s*){name}\b", rf"\g<1>{new}", expression)
    return re.sub(rf"(?<![\w.])(nodes\s*\[\s*)([\"']){name}\2", rf"\g<1>\g<2>{new}\g<2>", dotted)


def needed(scope: Mapping[str, JsonValue], wanted: Sequence[Ready]) -> dict[str, JsonValue]:
    """The part of the scope that the expressions name: a run of many nodes must not cross into the sandbox whole."""
    names = frozenset[str]().union(*(one.names for one in wanted))
    seen = {name: scope.get(name) for name in SCOPE_NAMES if name in names}
    seen |= {name: scope[name] for name in IN_EVALUATIONS if name in names and name in scope}
    outputs = seen.get("nodes")
    read = [one.nodes for one in wanted]
    if isinstance(outputs, dict) and None not in read:
        ids = frozenset[str]().union(*(nodes for nodes in read if nodes is not None))
        seen["nodes"] = {key: output for key, output in outputs.items() if key in ids}
    return seen


def _read(expression: str) -> ast.Expression:
    text = expression.strip()
    if not text:
        raise ExpressionError("The expression is empty.", expression=expression)
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"The expression has {len(text)} characters; {MAX_LENGTH} are allowed.", expression=expression
        )
    try:
        tree = ast.parse(f"({text}\n)", mode="eval")
    except SyntaxError as wrong:
        raise ExpressionError(f"`{text}` is not an expression: {wrong.msg}.", expression=expression) from None
    except (RecursionError, MemoryError, ValueError):
        raise ExpressionError("The expression is nested too deeply.", expression=expression) from None
    if _is_deep(tree):
        raise ExpressionError("The expression is nested too deeply.", expression=expression)
    return tree


def _is_deep(tree: ast.AST) -> bool:
    """Found level by level: walking down by recursion is what a hostile expression hopes for."""
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for part in level for child in ast.iter_child_nodes(part)]
        if not level:
            return False
    return True


def _checked(tree: ast.Expression, known: frozenset[str], place: str) -> list[Problem]:
    bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {argument.arg for argument in ast.walk(tree) if isinstance(argument, ast.arg)}
    allowed = known | bound | FUNCTIONS | LITERALS.keys()
    messages = (message for part in ast.walk(tree) for message in _wrong_with(part, allowed))
    return [
        Problem(message, place=place, fix=fix, code="expression") for message, fix in dict.fromkeys(messages)
    ]


def _wrong_with(part: ast.AST, allowed: frozenset[str]) -> list[tuple[str, str]]:
    if not isinstance(part, NODES_ALLOWED):
        return [
            (f"{type(part).__name__} is not allowed in an expression.", "Use a Code node for statements.")
        ]
    if isinstance(part, ast.Name | ast.arg):
        return _wrong_name(part.id if isinstance(part, ast.Name) else part.arg, allowed)
    return _wrong_call(part) if isinstance(part, ast.Call) else []


def _wrong_name(name: str, allowed: frozenset[str]) -> list[tuple[str, str]]:
    if name.startswith("_") and name != "_":
        return [(f"The name `{name}` is not allowed.", "Use names without a leading underscore.")]
    if name in allowed:
        return []
    known = ", ".join(sorted(allowed & frozenset(SCOPE_NAMES)))
    return [(f"There is no `{name}`.", f"Use one of: {known}; text goes in quotes.")]


def _wrong_call(call: ast.Call) -> list[tuple[str, str]]:
    called = call.func
    if isinstance(called, ast.Attribute):
        if called.attr in METHODS:
            return []
        return [(f"There is no function `.{called.attr}()`.", "Remove the brackets to read a field.")]
    if isinstance(called, ast.Name):
        return (
            [] if called.id in FUNCTIONS else [(f"`{called.id}` is not a function.", "Remove the brackets.")]
        )
    return [("Only named functions can be called.", "Call a function by its name.")]


def _nodes_read(tree: ast.AST) -> set[str]:
    return {node_id for part in ast.walk(tree) if (node_id := _node_named(part))}


def _node_named(part: ast.AST) -> str | None:
    if isinstance(part, ast.Attribute) and _is_nodes(part.value):
        return part.attr
    if isinstance(part, ast.Subscript) and _is_nodes(part.value) and isinstance(part.slice, ast.Constant):
        return str(part.slice.value)
    return None


def _is_nodes(part: ast.AST) -> bool:
    return isinstance(part, ast.Name) and part.id == "nodes"


def _uses_all_nodes(tree: ast.AST) -> bool:
    """True when `nodes` is used other than by naming one node."""
    named = sum(1 for part in ast.walk(tree) if _node_named(part) is not None)
    return sum(1 for part in ast.walk(tree) if _is_nodes(part)) > named


class _Translated(ast.NodeTransformer):
    """Field access by dot, JSON's words, f-strings without their pitfalls, lists instead of views."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return _call(READ, self.visit(node.value), ast.Constant(node.attr))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        arguments = [self.visit(argument) for argument in node.args]
        keywords = [ast.keyword(k.arg, self.visit(k.value)) for k in node.keywords]
        if not isinstance(node.func, ast.Attribute):
            return ast.Call(node.func, arguments, keywords)
        method = ast.Attribute(self.visit(node.func.value), node.func.attr, ast.Load())
        called = ast.Call(method, arguments, keywords)
        return _call("list", called) if node.func.attr in VIEWS else called

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Constant(LITERALS[node.id]) if node.id in LITERALS else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        parts: list[ast.expr] = [self.visit(part) for part in node.values]
        return ast.Call(
            ast.Attribute(ast.Constant(""), "join", ast.Load()), [ast.List(parts, ast.Load())], []
        )

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        spec: Any = self.visit(node.format_spec) if node.format_spec else ast.Constant("")
        return _call("format", self.visit(node.value), spec)


def _call(name: str, *arguments: Any) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def filter_call(name: str, subject: ast.expr, arguments: list[ast.expr]) -> ast.Call:
    """The call that a template's filter stands for."""
    return _call(FILTERS[name], subject, *arguments)


def _human(error: sandbox.SandboxError) -> str:
    """The error without Python's class name where the sentence is clear by itself."""
    text = re.sub(r"^(TypeError|ValueError|RuntimeError): ", "", error.message)
    text = text.replace("'NoneType'", "nothing (None)")
    return text if text.endswith(".") else text + "."
