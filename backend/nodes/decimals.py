"""Exact decimal arithmetic with bounds: what is too large, or no number, is refused."""

import decimal
from collections.abc import Generator
from contextlib import contextmanager
from decimal import Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow, Underflow

from backend.nodes.tool import Refused

_TRAPS: list[type[DecimalException]] = [DivisionByZero, InvalidOperation, Overflow, Underflow]
_EXACT = decimal.Context(prec=50, Emax=1000, Emin=-1000, traps=[*_TRAPS])
_WORDS: dict[type[BaseException], str] = {
    DivisionByZero: "it divides by zero",
    Overflow: "the result is too large",
    Underflow: "the result is too small",
}


@contextmanager
def exactly() -> Generator[None]:
    """Reckon with 50 digits; raises Refused where the result is no number of a sensible size."""
    try:
        with decimal.localcontext(_EXACT):
            yield
    except DecimalException as error:
        why = _WORDS.get(type(error), "the result is no number")
        raise Refused(f"This cannot be calculated: {why}.") from None


def shown(number: Decimal) -> str:
    """The number as people write it: no exponent, no zeros at the end that say nothing."""
    text = format(number, "f") if number else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text
