"""Checks values against the JSON Schema of a form and names the field that is wrong."""

from collections.abc import Mapping
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry

from backend.core import json
from backend.core.errors import Invalid, Problem

# An own, empty registry: without one the validator would fetch remote `$ref` addresses itself.
_NOTHING_REMOTE: Registry[Any] = Registry()
# A regular expression can stop the whole process, and a reference can lead in circles or out of the form.
_UNSAFE = frozenset({"pattern", "patternProperties", "$ref", "$dynamicRef"})


def problems(schema: Mapping[str, Any], value: Any, place: str) -> list[Problem]:
    """Everything that is wrong with `value`, in the order of the fields; an empty schema allows all."""
    try:
        json.plain(value, place)
    except json.NotJson as refused:
        return refused.problems
    if wrong_form := form_problems(schema, place):
        return wrong_form
    validator = Draft202012Validator(dict(schema), registry=_NOTHING_REMOTE)
    errors = cast(list[ValidationError], list(validator.iter_errors(value)))  # pyright: ignore[reportUnknownMemberType]
    return [
        _problem(error, place) for error in sorted(errors, key=lambda e: [str(p) for p in e.absolute_path])
    ]


def form_problems(schema: Mapping[str, Any], place: str) -> list[Problem]:
    """What makes the form itself unusable."""
    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        return [Problem(f"The form is not a valid JSON Schema: {error.message}", place, "Correct the form.")]
    if unsafe := sorted(_UNSAFE & _keywords(dict(schema))):
        message = f"The form uses `{unsafe[0]}`, which is not supported."
        return [
            Problem(
                message,
                place,
                "Use `enum`, `minLength` or `maxLength`, and write parts out instead of referring to them.",
            )
        ]
    return []


def require(schema: Mapping[str, Any], value: Any, place: str) -> None:
    """Raise Invalid listing every field that is wrong."""
    if found := problems(schema, value, place):
        raise Invalid(found[0].message, problems=found)


def _keywords(schema: Any) -> set[str]:
    """All keys at places where a schema stands; names of fields (under `properties`) are not keywords."""
    found: set[str] = set()
    stack: list[Any] = [schema]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            entries = cast(dict[str, Any], part)
            found |= set(entries)
            for key, inner in entries.items():
                stack += list(cast(dict[str, Any], inner).values()) if key == "properties" else [inner]
        elif isinstance(part, list):
            stack += [inner for inner in cast(list[Any], part) if isinstance(inner, dict)]
    return found


def _problem(error: ValidationError, place: str) -> Problem:
    path = [str(part) for part in error.absolute_path]
    if error.validator == "required":
        missing = error.message.split("'")[1]
        return Problem(f"The field “{missing}” is missing.", ".".join([place, *path, missing]), "Fill it in.")
    where = ".".join([place, *path])
    name = path[-1] if path else place
    return Problem(f"“{name}”: {error.message}", where, _advice(error))


def _advice(error: ValidationError) -> str:
    if error.validator == "enum":
        return (
            "Choose one of: "
            + ", ".join(str(choice) for choice in cast(list[Any], error.validator_value))
            + "."
        )
    if error.validator == "type":
        return f"Give a value of type {error.validator_value}."
    if error.validator == "additionalProperties":
        return "Remove the field, or add it to the form."
    return "Correct the value."
