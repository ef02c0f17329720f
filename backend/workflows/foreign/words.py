"""Turns the expressions of other tools into ours, and says which it could not turn."""

import ast
import re
from collections.abc import Callable

HOLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_DATA = {"http_request": ".body"}  # where a kind keeps what other tools call the node's data
_TEXT = {"chat_model": ".text"}

Turn = Callable[[str], str | None]


def reference(node_id: str, kind: str, *, text: bool = False) -> str:
    """How an expression names what a node gave."""
    if kind == "start":
        return "input"
    return f"nodes.{node_id}" + (_TEXT.get(kind, "") if text else _DATA.get(kind, ""))


def template(text: str, turn: Turn, holes: re.Pattern[str] = HOLE) -> tuple[str, list[str]]:
    """The text with every hole turned, and the holes that could not be."""
    failed: list[str] = []

    def turned(hole: re.Match[str]) -> str:
        found = turn(hole.group(1).strip())
        if found is None or not is_expression(found):
            failed.append(hole.group(0))
            return hole.group(0) if holes is HOLE else "{{ " + hole.group(1).strip() + " }}"
        return "{{ " + found + " }}"

    return holes.sub(turned, text), failed


def is_expression(text: str) -> bool:
    """Whether it reads as one Python expression; whether its names exist is told by the diagram's check."""
    try:
        ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def path(rest: str) -> str | None:
    """`["a"].b?.c[0]` as `.a.b.c[0]`; None when it is more than a path."""
    rest = re.sub(r"\[\s*[\"']([A-Za-z_]\w*)[\"']\s*\]", r".\1", rest.strip().replace("?.", "."))
    return rest if re.fullmatch(r"(\.[A-Za-z_]\w*|\[\d+\])*", rest) else None
