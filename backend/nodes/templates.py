"""Text with holes: `{{ expression | filter | filter(argument) }}`, all holes of one text in one visit of the sandbox."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pydantic import JsonValue

from backend.core import sandbox
from backend.core.errors import Problem, TooLarge
from backend.nodes import expressions
from backend.nodes.expression_words import FILTER_ARGUMENTS, FILTERS, SCOPE_NAMES, TEXT
from backend.nodes.expressions import ExpressionError, Ready

MAX_LENGTH = 20_000
MAX_OUTPUT = 1_000_000
_PAIRS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Hole:
    """A hole of a template: its text between the braces, and where the braces begin and end."""

    text: str
    start: int
    end: int


async def fill(
    template: str, scope: Mapping[str, JsonValue], *, seconds: float = sandbox.EXPRESSION_SECONDS
) -> str:
    """The template with its holes filled; raises ExpressionError naming the hole, TooLarge above 1 MB."""
    holes = _ready(template)
    if not holes:
        return template
    texts = await expressions.values([ready for _, ready in holes], scope, seconds=seconds)
    pieces: list[str] = []
    at = 0
    for (hole, _), text in zip(holes, texts, strict=True):
        pieces += [template[at : hole.start], str(text)]
        at = hole.end
    filled = "".join([*pieces, template[at:]])
    if len(filled) > MAX_OUTPUT:
        raise TooLarge(
            f"The filled text has {len(filled)} characters; {MAX_OUTPUT} are allowed.",
            fix="Shorten what the holes give, for example with `| truncate(5000)`.",
        )
    return filled


def problems_of(template: str, known_names: Iterable[str] = SCOPE_NAMES, *, place: str = "") -> list[Problem]:
    """Everything wrong with a template that can be seen without filling it; each message names its hole."""
    names = tuple(known_names)
    found: list[Problem] = []
    try:
        for hole in _holes(template):
            found += _problems_of_hole(hole, names, place)
    except ExpressionError as error:
        found.append(Problem(error.message, place=place, fix="Close the hole with }}.", code="expression"))
    return found


def only_hole(template: str) -> str | None:
    """The expression of a template that is one hole without filters: such a value may keep its type."""
    return _only_hole(template.strip()) if "{{" in template else None


@lru_cache(500)
def _ready(template: str) -> list[tuple[Hole, Ready]]:
    """Templates come again with every run."""
    trees = [(hole, _as_text(_tree(hole, SCOPE_NAMES))) for hole in _holes(template)]
    return [(hole, expressions.ready(hole.text, tree)) for hole, tree in trees]


@lru_cache(500)
def _only_hole(text: str) -> str | None:
    try:
        holes = list(_holes(text))
    except ExpressionError:
        return None
    whole = len(holes) == 1 and (holes[0].start, holes[0].end) == (0, len(text))
    return holes[0].text if whole and len(_split(holes[0].text)) == 1 else None


def references(template: str) -> set[str]:
    """Ids of the nodes whose outputs the template reads; nothing for holes that cannot be read."""
    found: set[str] = set()
    try:
        for hole in _holes(template):
            found |= expressions.references(_split(hole.text)[0])
            for applied in _split(hole.text)[1:]:
                found |= expressions.references(applied)
    except ExpressionError:
        pass
    return found


def subjects(template: str) -> list[str]:
    """What each hole begins with, before its filters; nothing for a template that cannot be read."""
    try:
        return [_split(hole.text)[0] for hole in _holes(template)]
    except ExpressionError:
        return []


def parts(template: str) -> list[str | ast.Expression]:
    """The template's own words, and its holes as trees with their filters as calls; raises ExpressionError."""
    found: list[str | ast.Expression] = []
    at = 0
    for hole in _holes(template):
        found += [template[at : hole.start], _tree(hole, SCOPE_NAMES)]
        at = hole.end
    return [part for part in (*found, template[at:]) if part]


def renamed(template: str, old: str, new: str) -> str:
    """The template with another id for a node, in its holes only."""
    try:
        holes = list(_holes(template))
    except ExpressionError:
        return template
    for hole in reversed(holes):
        inner = expressions.renamed(hole.text, old, new)
        template = template[: hole.start] + "{{" + inner + "}}" + template[hole.end :]
    return template


def _problems_of_hole(hole: Hole, names: tuple[str, ...], place: str) -> list[Problem]:
    try:
        _tree(hole, names)
    except ExpressionError as error:
        inner = error.problems or [Problem(error.message, fix="Mend the expression.")]
        return [
            Problem(f"In {{{{{hole.text}}}}}: {p.message}", place=place, fix=p.fix, code="expression")
            for p in inner
        ]
    return []


def _tree(hole: Hole, names: tuple[str, ...]) -> ast.Expression:
    """The hole as one expression: its filters become calls around it."""
    subject, *filters = _split(hole.text)
    tree = expressions.parsed(subject, names)
    for applied in filters:
        name, arguments = _filter(applied.strip(), names)
        tree = ast.Expression(expressions.filter_call(name, tree.body, arguments))
    return tree


def _as_text(tree: ast.Expression) -> ast.Expression:
    return ast.Expression(ast.Call(ast.Name(TEXT, ast.Load()), [tree.body], []))


def _filter(applied: str, names: tuple[str, ...]) -> tuple[str, list[ast.expr]]:
    shape = re.fullmatch(r"(\w+)\s*(\((.*)\))?", applied, re.DOTALL)
    name = shape.group(1) if shape else applied
    if name not in FILTERS:
        known = ", ".join(FILTERS)
        problem = Problem(f"There is no filter `{name}`.", fix=f"Use one of: {known}.", code="expression")
        raise ExpressionError(problem.message, expression=applied, problems=[problem])
    arguments = _arguments(shape.group(3) if shape else None, names)
    least, most = FILTER_ARGUMENTS.get(name, (0, 0))
    if not least <= len(arguments) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        message = f"The filter `{name}` takes {wanted} argument(s), not {len(arguments)}."
        raise ExpressionError(message, expression=applied)
    return name, arguments


def _arguments(text: str | None, names: tuple[str, ...]) -> list[ast.expr]:
    if not text or not text.strip():
        return []
    body = expressions.parsed(f"[{text}]", names).body
    return body.elts if isinstance(body, ast.List) else []


def _holes(template: str) -> Iterator[Hole]:
    if len(template) > MAX_LENGTH:
        raise ExpressionError(
            f"The text has {len(template)} characters; {MAX_LENGTH} are allowed.", expression=template[:80]
        )
    at = template.find("{{")
    while at >= 0:
        end = _end_of_hole(template, at + 2)
        yield Hole(template[at + 2 : end], at, end + 2)
        at = template.find("{{", end + 2)


def _end_of_hole(template: str, at: int) -> int:
    """Where the closing braces of the hole stand: outside of quotes and brackets."""
    start = at
    for at, closing in _top_level(template, start):
        if closing and template.startswith("}}", at):
            return at
    shown = template[start : start + 40].strip()
    raise ExpressionError(f"The hole `{{{{ {shown}` is never closed.", expression=shown)


def _split(text: str) -> list[str]:
    """The hole's expression and its filters: `|` outside of quotes and brackets separates them."""
    cuts = [at for at, closing in _top_level(text, 0) if not closing and text[at] == "|"]
    return [text[a:b] for a, b in zip([0, *(cut + 1 for cut in cuts)], [*cuts, len(text)], strict=True)]


def _top_level(text: str, at: int) -> Iterator[tuple[int, bool]]:
    """Positions outside of quotes and brackets; True for a closing bracket that nothing opened."""
    open_brackets: list[str] = []
    quote = ""
    while at < len(text):
        char = text[at]
        if quote:
            at += 1 if char == "\\" else 0
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif open_brackets and char == open_brackets[-1]:
            open_brackets.pop()
        elif char in _PAIRS:
            open_brackets.append(_PAIRS[char])
        elif not open_brackets:
            yield at, char == "}"
        at += 1
