"""Where a run begins: the form of its input, and the times and events that begin one.

The form is checked whenever a run starts, on screen and over the API alike. Without fields any JSON is accepted.
Expressions read the input as `input`, for example `input.amount`. Times and events count for the published version: each
begins one run, and what the form refuses lies under Dead letters.
"""

from pydantic import Field, ValidationInfo, field_validator, model_validator

from backend.nodes.beginnings import EventStart
from backend.nodes.fields import FormField, defaults_of
from backend.nodes.gives import Gives
from backend.nodes.kind import NodeConfig, NodeContext, Step, node
from backend.nodes.schedules import ScheduleStart, misfit


class Config(NodeConfig):
    fields: tuple[FormField, ...] = Field(
        default=(),
        title="Input fields",
        max_length=100,
        description="What is asked when a run starts.",
        json_schema_extra={"widget": "fields"},
    )
    schedules: tuple[ScheduleStart, ...] = Field(
        default=(),
        title="Begins by the clock",
        max_length=10,
        description="At each of these times a run of the published version begins.",
    )
    events: tuple[EventStart, ...] = Field(
        default=(),
        title="Begins with events",
        max_length=10,
        description="Each such event begins a run of the published version.",
        json_schema_extra={"advanced": True},
    )

    @field_validator("schedules")
    @classmethod
    def _inputs_fit(cls, given: tuple[ScheduleStart, ...], told: ValidationInfo) -> tuple[ScheduleStart, ...]:
        if "fields" in told.data and (wrong := misfit(given, told.data["fields"])):
            raise ValueError(wrong)
        return given

    @model_validator(mode="after")
    def _names_differ(self) -> "Config":
        names = [field.name for field in self.fields]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"two fields are called “{twice}”")
        return self


GIVES = Gives("any", each="fields", closed=False)


@node(
    title="Start",
    group="Flow",
    icon="play",
    role="start",
    summary="fields",
    pure=True,
    synonyms=("begin", "trigger", "input", "form", "schedule", "cron", "timer"),
)
async def start(config: Config, ctx: NodeContext) -> Step:
    """The input, with the defaults of fields that were left out."""
    given = ctx.scope.get("input")
    if isinstance(given, dict):
        return Step(defaults_of(config.fields) | given)
    return Step(given)
