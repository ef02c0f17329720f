"""Tell the team's other workflows and watchers that something happened.

The event is stored with the step: it is neither lost nor sent when the step fails. Runs of the team that wait for this
topic and key go on. With a JSON Schema, data that does not fit is told to nobody: the step fails and says what is wrong.
"""

from pydantic import Field

from backend.core import forms
from backend.nodes.fields import Assignment, EventForm, OwnTopic, assigned, only_input
from backend.nodes.gives import Gives
from backend.nodes.kind import NodeConfig, NodeContext, Step, Template, node


class Config(NodeConfig):
    topic: OwnTopic = Field(
        title="Topic",
        pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$",
        max_length=100,
        description="Small letters and dots, for example ticket.answered.",
    )
    key: Template = Field(
        default="",
        title="Key",
        description="What it is about, for example {{ input.order }}; runs that wait for this key receive it.",
    )
    data: tuple[Assignment, ...] = Field(
        default=(),
        title="Data",
        max_length=50,
        description="What the event carries; empty means what came in.",
        json_schema_extra={"widget": "keyvalue"},
    )
    form: EventForm = Field(
        default={},
        description="The type of the event: what it must fit; empty means anything.",
    )


GIVES = Gives(fields={"topic": "text", "key": "text", "data": "any"})


@node(
    title="Emit event",
    group="Integrations",
    icon="radio",
    summary="topic",
    effects=("write",),
    cacheable=False,
    synonyms=("publish", "send", "topic"),
)
async def emit_event(config: Config, ctx: NodeContext) -> Step:
    """The event's topic and data."""
    data = await assigned(ctx, config.data) if config.data else only_input(ctx)
    key = (await ctx.text(config.key)).strip()
    forms.require(config.form, data, "data")
    await ctx.emit(config.topic, data, key)
    return Step({"topic": config.topic, "key": key, "data": data})
