"""Fits a JSON Schema; a text is read as JSON first."""

from typing import Any

from pydantic import Field, model_validator

from backend.core import forms, json
from backend.evaluation.metric import Check, Score, Seen, metric

_MOST_TOLD = 5


class Config(Check):
    form: dict[str, Any] = Field(title="JSON Schema", json_schema_extra={"widget": "json"})

    @model_validator(mode="after")
    def _is_a_schema(self) -> "Config":
        if wrong := forms.form_problems(self.form, "form"):
            raise ValueError(wrong[0].message)
        return self


@metric(title="JSON Schema")
async def schema(check: Config, seen: Seen) -> Score:
    """1, or 0 with what is wrong."""
    value = seen.value
    if isinstance(value, str):
        try:
            value = json.parse(value.strip(), "the output")
        except json.NotJson:
            return Score(0, "It is not JSON.")
    wrong = forms.problems(check.form, value, "output")
    return Score(float(not wrong), " ".join(f"{p.place}: {p.message}" for p in wrong[:_MOST_TOLD]))
