"""One figure, in the form of `build/bench.json`."""

from typing import Any, Literal

Row = dict[str, Any]


def row(
    name: str,
    value: float,
    unit: str,
    limit: float | None,
    against: str,
    better: Literal["lower", "higher"] = "lower",
) -> Row:
    """`limit` is None where the figure only explains another one."""
    shown = round(value, 2 if value < 100 else 0)
    return {"name": name, "value": shown, "unit": unit, "limit": limit, "better": better, "against": against}
