"""Expressions that only name a place in the scope, as `input.amount` does: what stands there needs no sandbox."""

import ast
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import JsonValue

from backend.core import json
from backend.nodes.expression_words import SCOPE_NAMES


def path(tree: ast.expr) -> tuple[str, ...]:
    """The names on the way to the place; none where the expression does more."""
    if isinstance(tree, ast.Name):
        return (tree.id,) if tree.id in SCOPE_NAMES else ()
    if not isinstance(tree, ast.Attribute):
        return ()
    before = path(tree.value)
    return (*before, tree.attr) if before else ()


def found(scope: Mapping[str, JsonValue], paths: Sequence[tuple[str, ...]]) -> list[JsonValue] | None:
    """What stands at these places; None where one is no place, or nothing is there, which the sandbox explains."""
    values: list[JsonValue] = []
    for names in paths:
        value: Any = scope
        for name in names:
            if not isinstance(value, Mapping) or name not in value:
                return None
            value = cast(Mapping[str, Any], value)[name]
        if not names:
            return None
        values.append(json.copied(value))
    return values
