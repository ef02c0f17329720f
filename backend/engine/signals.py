"""Signals: how something that was sent to a run, by its name and key, is found among all that was sent to it."""

from collections.abc import Iterable, Mapping, Set
from urllib.parse import quote, unquote

from pydantic import JsonValue

_HEAD = "signal:"
Prefixes = str | tuple[str, ...]


def prefix(name: str, key: str) -> str:
    """What the inbox keys of all signals of this name and key begin with; neither can imitate another."""
    return f"{_HEAD}{quote(name, safe='.')}:{quote(key, safe='')}:"


def inbox_key(name: str, key: str, signal_id: str) -> str:
    """Where a signal lies in the inbox; the id lets each be sent once."""
    return prefix(name, key) + quote(signal_id, safe="")


def is_signal(inbox_key: str) -> bool:
    """True for signals, false for answers to questions."""
    return inbox_key.startswith(_HEAD)


def named(inbox_key: str) -> tuple[str, str]:
    """The name and the key of the signal that lies there."""
    _, name, key, _ = inbox_key.split(":", 3)
    return unquote(name), unquote(key)


def first(inbox: Mapping[str, JsonValue], wanted: Prefixes, taken: Set[str]) -> str | None:
    """The oldest signal with this prefix, or one of these, that no step has taken yet."""
    return next((key for key in inbox if key.startswith(wanted) and key not in taken), None)


def any_left(arrived: Iterable[str], wanted: tuple[str, ...], taken: Set[str]) -> bool:
    """True when a signal with one of these prefixes has come that no step has taken."""
    return bool(wanted) and any(key.startswith(wanted) and key not in taken for key in arrived)
