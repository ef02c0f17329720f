"""Times, money, shares and counts as people read them in tables and tiles."""

NONE = "-"


def duration(ms: float | None) -> str:
    """In the unit that fits."""
    if ms is None:
        return NONE
    if ms < 1000:
        return f"{ms:.0f} ms"
    return f"{ms / 1000:.1f} s" if ms < 60_000 else f"{ms / 60_000:.1f} min"


def money(cost: float | None) -> str:
    """In dollars; small amounts with the digits that tell them apart."""
    if cost is None:
        return NONE
    return f"${cost:,.2f}" if cost >= 1 or cost == 0 else f"${cost:.4f}"


def share(part: float | None) -> str:
    """In percent."""
    return NONE if part is None else f"{part:.0%}"


def count(number: int) -> str:
    """Thousands as k, millions as M."""
    if number < 10_000:
        return f"{number:,}"
    return f"{number / 1000:,.0f}k" if number < 1_000_000 else f"{number / 1_000_000:,.1f}M"
