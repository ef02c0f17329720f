"""A tool's definition as people read it before they accept it: whole where it is new, by its lines where it changed."""

import difflib
from collections.abc import Mapping
from typing import Any

import orjson


def shown(accepted: Mapping[str, Any] | None, seen: Mapping[str, Any] | None) -> str:
    """The definition; with + and - before the lines where it differs from what was accepted."""
    if accepted is None or seen is None or accepted == seen:
        return "\n".join(_lines(seen or accepted or {}))
    return "\n".join(difflib.ndiff(_lines(accepted), _lines(seen)))


def _lines(definition: Mapping[str, Any]) -> list[str]:
    """Texts in whole lines, so that a change hides in none of them."""
    told = [f"{name}: {definition.get(name) or ''}" for name in ("name", "title")]
    told += ["description:", *(f"  {line}" for line in str(definition.get("description") or "").splitlines())]
    for name in ("schema", "more"):
        if part := definition.get(name):
            text = orjson.dumps(part, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()
            told += [f"{name}:", *(f"  {line}" for line in text.splitlines())]
    return told
