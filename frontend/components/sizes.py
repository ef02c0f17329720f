"""Sizes as people read them."""

_UNITS = ("bytes", "KB", "MB", "GB", "TB")


def readable(size: int) -> str:
    """About so much, with at most one digit behind the point."""
    shown, unit = float(size), 0
    while shown >= 1000 and unit < len(_UNITS) - 1:
        shown, unit = shown / 1000, unit + 1
    digits = 1 if unit and shown < 10 else 0
    return f"{shown:.{digits}f} {_UNITS[unit]}"
