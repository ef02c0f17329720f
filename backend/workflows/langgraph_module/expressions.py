"""Expressions, templates and rules as plain Python source."""

import ast

from backend.core.errors import Invalid
from backend.nodes import expressions, templates
from backend.nodes.expression_words import LITERALS, SCOPE_NAMES, VIEWS
from backend.nodes.rules import Rules
from backend.workflows.langgraph_module.library import PLAIN_NAMES


def value(text: str) -> str:
    """The source of an expression; raises ExpressionError."""
    return _source(expressions.parsed(text).body)


def resolved(template: str) -> str:
    """The source of a value: one hole alone keeps its type."""
    expression = templates.only_hole(template)
    return text(template) if expression is None else value(expression)


def text(template: str) -> str:
    """The source of a text with holes, as an f-string where its quotes allow that; raises ExpressionError."""
    parts = templates.parts(template)
    if all(isinstance(part, str) for part in parts):
        return literal(template)
    drawn = ast.JoinedStr([_drawn(part) for part in parts])
    try:
        return ast.unparse(ast.fix_missing_locations(drawn))
    except ValueError:
        return f'"".join([{", ".join(_joined(part) for part in parts)}])'


def literal(value: object) -> str:
    """The source of plain data; a text of several lines keeps them."""
    if (
        isinstance(value, str)
        and "\n" in value
        and '"""' not in value
        and "\\" not in value
        and value[-1] != '"'
    ):
        return f'"""{value}"""'
    return repr(value)


def holds(rules: Rules) -> str:
    """The source of a condition made of rows."""
    between = " and " if rules.match == "all" else " or "
    return between.join(_row(rule.field, rule.operator, rule.value) for rule in rules.rows) or "True"


def _row(field: str, operator: str, wanted: object) -> str:
    first, *names = field.strip().split(".")
    if first not in (*SCOPE_NAMES, "value"):
        raise Invalid(f"“{field[:100]}” is no field that a rule may read.")
    found = f"at({', '.join([first, *map(repr, names)])})" if names else first
    return f"rule({found}, {operator!r}" + (")" if wanted is None else f", {wanted!r})")


def names_in(source: str) -> list[str]:
    """Which names of the run's data a source reads, in the order in which they are introduced."""
    try:
        read = {part.id for part in ast.walk(ast.parse(source)) if isinstance(part, ast.Name)}
    except SyntaxError:
        return []
    return [name for name in SCOPE_NAMES if name in read]


def _source(tree: ast.expr) -> str:
    return ast.unparse(ast.fix_missing_locations(_Plain().visit(tree)))


def _drawn(part: str | ast.Expression) -> ast.expr:
    if isinstance(part, str):
        return ast.Constant(part)
    return ast.FormattedValue(_as_text(_Plain().visit(part.body)), -1)


def _joined(part: str | ast.Expression) -> str:
    return repr(part) if isinstance(part, str) else _source(_as_text(part.body))


def _as_text(tree: ast.expr) -> ast.expr:
    return ast.Call(ast.Name("as_text", ast.Load()), [tree], [])


class _Plain(ast.NodeTransformer):
    """Field access by `get`, JSON's words, lists instead of views."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        names = [node.attr]
        of = node.value
        while isinstance(of, ast.Attribute):
            names.insert(0, of.attr)
            of = of.value
        return ast.Call(
            ast.Name("get", ast.Load()), [self.visit(of), *(ast.Constant(name) for name in names)], []
        )

    def visit_Call(self, node: ast.Call) -> ast.AST:
        arguments = [self.visit(argument) for argument in node.args]
        keywords = [ast.keyword(k.arg, self.visit(k.value)) for k in node.keywords]
        if not isinstance(node.func, ast.Attribute):
            return ast.Call(self.visit(node.func), arguments, keywords)
        method = ast.Attribute(self.visit(node.func.value), node.func.attr, ast.Load())
        called = ast.Call(method, arguments, keywords)
        return ast.Call(ast.Name("list", ast.Load()), [called], []) if node.func.attr in VIEWS else called

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in LITERALS:
            return ast.Constant(LITERALS[node.id])
        return ast.Name(PLAIN_NAMES.get(node.id, node.id), node.ctx)
