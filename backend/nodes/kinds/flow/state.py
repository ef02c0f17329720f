"""One state of a State machine: what is inside is played whenever the machine enters it.

Then the state is left by one of its transitions. Those without event and time are tried at once, from the top. Where
none of them fits, the state waits: for each event in the order of arrival its transitions are tried from the top, and
those with a time when it has passed. An event that no transition takes is ignored; one that comes before a state waits
for it is kept. What stands behind an On exit inside is played when the state is left.

Inside and in guards, `previous` is a result (in guards this state's own, inside that of the state before) and `event`
the event that was taken, with `name` and `data`; `index` is the number of the visit, from 0.
"""

from typing import Any

from pydantic import Field, JsonValue, model_validator

from backend.nodes.fields import Part, require_port_names
from backend.nodes.kind import Duration, Expression, NodeConfig, NodeContext, Ports, Step, Template, node

EVENT_NAME = r"^[A-Za-z0-9_.-]{0,100}$"


class Transition(Part):
    """One way out of a state."""

    name: str = Field(title="Name", min_length=1, max_length=60, description="The name of the port.")
    event: str = Field(
        default="",
        title="On event",
        pattern=EVENT_NAME,
        description="Taken when this event comes; empty means at once.",
    )
    key: Template = Field(
        default="",
        title="About",
        description="The event's key, for example {{ input.order }}; empty means an event without a key.",
    )
    after: Duration | None = Field(
        default=None, title="After", description="Taken when the state has waited so long; empty means never."
    )
    guard: Expression = Field(
        default="",
        title="Only if",
        description="Taken only if this is true, for example event.data.amount < 100; empty means always.",
    )


class Config(NodeConfig):
    initial: bool = Field(default=False, title="Initial", description="The machine begins here.")
    final: bool = Field(default=False, title="Final", description="The machine ends here.")
    transitions: tuple[Transition, ...] = Field(
        default=(Transition(name="next"),),
        title="Transitions",
        max_length=50,
        description="The ways out, tried from the top.",
        json_schema_extra={"widget": "cases"},
    )

    @model_validator(mode="after")
    def _tellable(self) -> "Config":
        if self.final:
            return self
        require_port_names([one.name for one in self.transitions], "transition")
        both = next((one.name for one in self.transitions if one.event and one.after), None)
        if both:
            raise ValueError(f"the transition “{both}” has an event and a time; make two of it")
        return self


@node(
    title="State",
    group="Flow",
    icon="circle-dot",
    ports=Ports((), each="transitions", name="name", unless="final"),
    role="state",
    summary="transitions",
    synonyms=("status", "transition"),
)
async def state(config: Config, ctx: NodeContext) -> Step:
    """The first transition that fits the `trigger`: nothing, an event with its key, or a time; or what it waits for."""
    trigger = ctx.scope.get("trigger")
    if trigger == "listen":
        waits: list[JsonValue] = [
            {"name": one.event, "key": await _key(one, ctx)} for one in config.transitions if one.event
        ]
        return Step({"events": [one for n, one in enumerate(waits) if one not in waits[:n]]})
    for transition in config.transitions:
        if await _opened(transition, trigger, ctx) and (
            not transition.guard.strip() or await ctx.value(transition.guard)
        ):
            return Step({"transition": transition.name}, transition.name)
    return Step({"transition": None})


async def _opened(transition: Transition, trigger: Any, ctx: NodeContext) -> bool:
    if not trigger:
        return not transition.event and transition.after is None
    if "event" in trigger:
        return transition.event == trigger["event"] and await _key(transition, ctx) == trigger["key"]
    return transition.name == trigger["after"]


async def _key(transition: Transition, ctx: NodeContext) -> str:
    return (await ctx.text(transition.key)).strip() if transition.key else ""
