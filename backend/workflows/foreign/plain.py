"""Looks into data of unknown shape without trusting it."""

from typing import Any, cast


def dicts(found: Any) -> list[dict[str, Any]]:
    """The objects of a list; nothing for anything else."""
    listed = cast(list[Any], found) if isinstance(found, list) else []
    return [cast(dict[str, Any], entry) for entry in listed if isinstance(entry, dict)]


def table(found: Any) -> dict[str, Any]:
    """The object, or an empty one for anything else."""
    return cast(dict[str, Any], found) if isinstance(found, dict) else {}


def items(found: Any) -> list[Any]:
    """The list, or an empty one for anything else."""
    return cast(list[Any], found) if isinstance(found, list) else []


def number(found: Any) -> Any:
    """Text that is a number as that number, else what it was."""
    if not isinstance(found, str):
        return found
    try:
        return float(found) if "." in found else int(found)
    except ValueError:
        return found
