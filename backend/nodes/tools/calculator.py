"""Calculate with exact decimals: + - * / // % ** and brackets; abs, ceil, floor, max, min, round, sqrt, sum; pi and e."""

import ast
from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import cast

from pydantic import Field, JsonValue

from backend.nodes.decimals import exactly, shown
from backend.nodes.kind import NodeContext
from backend.nodes.tool import Arguments, Bounds, Refused, tool


class Wanted(Arguments):
    expression: str = Field(
        min_length=1, max_length=500, description="For example (1200 - 15%) is written 1200 * (1 - 0.15)."
    )


@tool(title="Calculator")
async def calculator(arguments: Wanted, ctx: NodeContext, bounds: Bounds) -> JsonValue:
    """The exact value as text, so that no digit is lost."""
    return {"value": shown(value_of(arguments.expression))}


def value_of(expression: str) -> Decimal:
    """What the expression comes to. It is read as a tree of numbers and signs and nothing else, and never executed."""
    try:
        tree = ast.parse(expression.strip(), mode="eval")
        with exactly():
            return +_value(tree.body, expression.strip())
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise Refused(f"“{expression[:80]}” is no expression of numbers.") from None


def _value(part: ast.expr, source: str) -> Decimal:
    match part:
        case ast.Constant():
            found = _number(part, source)
        case ast.BinOp(op=sign) if type(sign) in _SIGNS:
            found = _SIGNS[type(sign)](_value(part.left, source), _value(part.right, source))
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            inner = _value(part.operand, source)
            found = -inner if isinstance(part.op, ast.USub) else inner
        case ast.Name(id=name) if name in _NAMES:
            found = _NAMES[name]
        case ast.Call(func=ast.Name(id=name), keywords=[]):
            found = _called(name, [_value(one, source) for one in part.args])
        case _:
            raise Refused(f"“{ast.get_source_segment(source, part) or source}” is not allowed here.")
    return found


def _number(part: ast.Constant, source: str) -> Decimal:
    """As it was written: 0.1 is a tenth."""
    text = (ast.get_source_segment(source, part) or "").replace("_", "")
    if isinstance(part.value, bool) or not isinstance(part.value, int | float):
        raise Refused(f"“{text}” is no number.")
    return Decimal(text) if not isinstance(part.value, int) else Decimal(part.value)


def _called(name: str, given: Sequence[Decimal]) -> Decimal:
    function, least, most = _FUNCTIONS.get(name, (None, 0, 0))
    if function is None:
        raise Refused(f"There is no function {name}; there are {', '.join(sorted(_FUNCTIONS))}.")
    if not least <= len(given) <= most:
        raise Refused(f"{name} does not take {len(given)} numbers.")
    return function(*given)


def _rounded(number: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    if places != int(places) or abs(places) > 30:
        raise Refused("round takes a whole number of places, at most 30.")
    return number.quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_EVEN)


def _up(number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_CEILING)


def _down(number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_FLOOR)


def _total(*numbers: Decimal) -> Decimal:
    return sum(numbers, Decimal(0))


_SIGNS: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: Decimal.__add__,
    ast.Sub: Decimal.__sub__,
    ast.Mult: Decimal.__mul__,
    ast.Div: Decimal.__truediv__,
    ast.FloorDiv: Decimal.__floordiv__,
    ast.Mod: Decimal.__mod__,
    ast.Pow: lambda base, power: base**power,
}
_NAMES = {
    "pi": Decimal("3.1415926535897932384626433832795028841971693993751"),
    "e": Decimal("2.7182818284590452353602874713526624977572470937000"),
}
_FUNCTIONS: dict[str, tuple[Callable[..., Decimal], int, int]] = {
    "abs": (Decimal.__abs__, 1, 1),
    "ceil": (_up, 1, 1),
    "floor": (_down, 1, 1),
    "max": (lambda *numbers: max(cast(tuple[Decimal, ...], numbers)), 1, 100),
    "min": (lambda *numbers: min(cast(tuple[Decimal, ...], numbers)), 1, 100),
    "round": (_rounded, 1, 2),
    "sqrt": (Decimal.sqrt, 1, 1),
    "sum": (_total, 1, 100),
}
