"""What a kind says of its output before it runs: the types of its parts, for the check and for choosing fields by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

ValueType = Literal["text", "number", "boolean", "list", "object", "any"]
_FORM_TYPES: Mapping[str, ValueType] = {
    "text": "text", "long_text": "text", "choice": "text", "number": "number", "boolean": "boolean",
}  # fmt: skip


@dataclass(frozen=True)
class Gives:
    """A kind's file may hold one as `GIVES`; without it nobody knows before it runs.

    `whole` is the type of all of it, `fields` are the types of its parts, and `each="fields"` adds those that
    `config.fields` lists by name, and by type where they have one. `closed`: there are no other fields.
    """

    whole: ValueType = "object"
    fields: Mapping[str, ValueType] = field(default_factory=dict[str, ValueType])
    each: str | None = None
    closed: bool = True

    def of(self, config: Mapping[str, Any]) -> dict[str, ValueType]:
        """The fields of a node with these settings. The browser derives them by this rule too."""
        listed = cast(list[Any], config.get(self.each) or []) if self.each else []
        rows = [cast(dict[str, Any], row) for row in listed if isinstance(row, dict)]
        named: dict[str, ValueType] = {
            str(row["name"]): _FORM_TYPES.get(str(row.get("type", "")), "any")
            for row in rows
            if row.get("name")
        }
        return {**self.fields, **named}
