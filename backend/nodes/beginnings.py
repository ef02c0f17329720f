"""How a workflow begins with an event: which one, under what condition, and what of it becomes the run's input."""

from collections.abc import Iterable, Mapping

from pydantic import ConfigDict, Field, JsonValue, model_validator

from backend.core.errors import Problem
from backend.nodes import expressions, templates
from backend.nodes.fields import Part

_SEEN = ("event",)
"""What the texts here can read: `event.type`, `event.topic`, `event.key`, `event.data`, `event.by`, `event.at`."""


class Given(Part):
    """One field of the input, from the event."""

    model_config = ConfigDict(title="Value")
    name: str = Field(
        title="Name",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        max_length=100,
        description="How the run reads it, for example `input.order`.",
    )
    value: str = Field(
        default="", title="Value", max_length=20_000, description="For example {{ event.data.order }}."
    )


class EventStart(Part):
    """An event of the team, or one that Quadrille tells, that begins a run of the published version."""

    topic: str = Field(
        title="Topic",
        pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$",
        max_length=100,
        description="Such as order.placed, or workflow.events, agent.events, system.events.",
    )
    type: str = Field(
        default="", title="Type", max_length=100, description="Of Quadrille's own events, such as run.failed."
    )
    only: str = Field(
        default="",
        title="Only if",
        max_length=2_000,
        description="An expression, for example event.data.pieces > 10; empty means always.",
    )
    input: tuple[Given, ...] = Field(
        default=(),
        title="Input",
        max_length=50,
        description="The fields of the run's input; empty means the event's data as they are.",
    )
    key: str = Field(
        default="",
        title="Correlation",
        max_length=1_000,
        description="What belongs together, for example {{ event.data.order }}; empty means the event's key.",
    )
    one_at_a_time: bool = Field(
        default=False,
        title="One at a time",
        description="While a run of the same correlation goes on, the next event waits.",
    )

    @model_validator(mode="after")
    def _readable(self) -> "EventStart":
        wrong: list[Problem] = expressions.problems_of(self.only, _SEEN) if self.only.strip() else []
        for text in (self.key, *(row.value for row in self.input)):
            wrong += templates.problems_of(text, _SEEN)
        if wrong:
            raise ValueError(wrong[0].message)
        return self

    async def wants(self, event: Mapping[str, JsonValue]) -> bool:
        """Whether the condition holds for this event."""
        return not self.only.strip() or bool(await expressions.value(self.only, {"event": dict(event)}))

    async def correlation(self, event: Mapping[str, JsonValue]) -> str:
        """What this event belongs to."""
        if not self.key.strip():
            return str(event["key"])
        return (await templates.fill(self.key, {"event": dict(event)})).strip()[:200]

    async def given(self, event: Mapping[str, JsonValue]) -> JsonValue:
        """The input of the run that it begins."""
        if not self.input:
            return event["data"]
        return await given_of(self.input, event)


async def given_of(rows: Iterable[Given], event: Mapping[str, JsonValue]) -> JsonValue:
    """An input from these rows, which read the event."""
    return {row.name: await _resolved(row.value, event) for row in rows}


async def _resolved(template: str, event: Mapping[str, JsonValue]) -> JsonValue:
    """With its type where it is one expression alone."""
    scope: dict[str, JsonValue] = {"event": dict(event)}
    alone = templates.only_hole(template)
    return await templates.fill(template, scope) if alone is None else await expressions.value(alone, scope)
