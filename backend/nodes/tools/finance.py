"""Reckon with money exactly: net present value (npv), internal rate of return (irr), payment of a loan (loan_payment)."""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise
from typing import Literal

from pydantic import Field, JsonValue

from backend.nodes.decimals import exactly, shown
from backend.nodes.kind import NodeContext
from backend.nodes.tool import Arguments, Bounds, Number, Refused, tool

_CENT = Decimal("0.01")
_LEAST, _MOST = Decimal("-0.99"), Decimal(100)
_TURNS = 120
_FINE = Decimal("1E-12")


class Wanted(Arguments):
    calculate: Literal["npv", "irr", "loan_payment"] = Field(description="What to reckon.")
    rate: Number | None = Field(
        default=None, gt=-1, le=100, description="Per period, 0.05 for 5 %; for npv and loan_payment."
    )
    flows: tuple[Number, ...] = Field(
        default=(), max_length=1200, description="Money of each period, the first one today; for npv and irr."
    )
    principal: Number | None = Field(default=None, gt=0, description="What is borrowed; for loan_payment.")
    periods: int | None = Field(
        default=None, ge=1, le=1200, description="How often is paid; for loan_payment."
    )


@tool(title="Finance")
async def finance(arguments: Wanted, ctx: NodeContext, bounds: Bounds) -> JsonValue:
    """The result as text; money to the cent, rates to twelve places."""
    with exactly():
        return _REGISTER[arguments.calculate](arguments)


def _npv(given: Wanted) -> JsonValue:
    if given.rate is None or not given.flows:
        raise Refused("npv needs rate and flows.")
    return {"npv": _money(present(given.flows, given.rate))}


def _irr(given: Wanted) -> JsonValue:
    changes = _changes(given.flows)
    if not changes:
        raise Refused("irr needs flows of which some are paid and some are received.")
    found: dict[str, JsonValue] = {"irr": shown(_root(given.flows))}
    if changes > 1:
        found["note"] = "The flows change their sign more than once: there may be more than one such rate."
    return found


def _loan(given: Wanted) -> JsonValue:
    if given.rate is None or given.principal is None or given.periods is None:
        raise Refused("loan_payment needs rate, principal and periods.")
    rate, count = given.rate, given.periods
    growth = (1 + rate) ** count
    payment = given.principal * rate * growth / (growth - 1) if rate else given.principal / count
    paid = _cents(payment) * count
    return {"payment": _money(payment), "paid": _money(paid), "interest": _money(paid - given.principal)}


def present(flows: Sequence[Decimal], rate: Decimal) -> Decimal:
    """What the flows are worth today."""
    worth = Decimal(0)
    for flow in reversed(flows):
        worth = worth / (1 + rate) + flow
    return worth


def _changes(flows: Sequence[Decimal]) -> int:
    signs = [flow > 0 for flow in flows if flow]
    return sum(a != b for a, b in pairwise(signs))


def _root(flows: Sequence[Decimal]) -> Decimal:
    """Halve the interval in which the present value changes its sign until the rate is known to twelve places."""
    low, high = _bracket(flows)
    at_low = present(flows, low)
    for _ in range(_TURNS):
        middle = (low + high) / 2
        at_middle = present(flows, middle)
        if not at_middle or high - low < _FINE / 100:
            return middle.quantize(_FINE, ROUND_HALF_EVEN)
        if (at_middle > 0) == (at_low > 0):
            low, at_low = middle, at_middle
        else:
            high = middle
    return ((low + high) / 2).quantize(_FINE, ROUND_HALF_EVEN)


def _bracket(flows: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """Neighbouring rates between which the present value changes its sign, the nearest to nothing first."""
    grid = [Decimal(n) / 20 for n in range(41)] + [Decimal(n) for n in (3, 5, 10, 30)] + [_MOST]
    for rates in (grid, [-rate for rate in grid if rate < 1] + [_LEAST]):
        for low, high in pairwise(rates):
            if (present(flows, low) > 0) != (present(flows, high) > 0):
                return min(low, high), max(low, high)
    raise Refused("There is no such rate between -99 % and 10,000 %.")


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_EVEN)


def _money(amount: Decimal) -> str:
    return format(_cents(amount), "f")


_REGISTER: dict[str, Callable[[Wanted], JsonValue]] = {"npv": _npv, "irr": _irr, "loan_payment": _loan}
