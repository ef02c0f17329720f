"""Wait until an event with a name and a key comes: from another workflow, from a person, or from a program.

Another run of the team sends it with Emit event, a program with `POST /api/v1/events` or `quadrille events send`:
every run that waits gets it. The run page, `quadrille runs signal` and `POST /api/v1/runs/{id}/signals` send it to one
run. What came since the run began counts, also before this node is reached; each event is received once, the oldest
first. With a JSON Schema, an event that does not fit is passed over and the wait goes on. A waiting run costs nothing and
survives restarts.
"""

from datetime import timedelta

from pydantic import Field

from backend.core import forms
from backend.core.errors import Invalid
from backend.nodes.fields import EventForm
from backend.nodes.gives import Gives
from backend.nodes.kind import Duration, NodeConfig, NodeContext, Step, Template, node

MAX_KEY, MAX_PASSED_OVER = 200, 100


class Config(NodeConfig):
    event: str = Field(
        title="Event",
        pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$",
        max_length=100,
        description="Its name: small letters and dots, for example payment.received.",
    )
    key: Template = Field(
        default="",
        title="Key",
        description="What it has to be about, for example {{ input.order }}; empty means an event without a key.",
    )
    timeout: Duration | None = Field(
        default=None, title="At most", description="Then the run leaves by timed_out; empty means for ever."
    )
    form: EventForm = Field(
        default={},
        description="The type of the event: one that does not fit is passed over; empty means anything.",
    )


GIVES = Gives(fields={"name": "text", "key": "text", "data": "any", "at": "text", "by": "text"})


@node(
    title="Wait for event",
    group="Flow",
    icon="mail",
    ports=("received", "timed_out"),
    summary="event",
    cacheable=False,
    synonyms=("signal", "listen", "receive", "webhook"),
)
async def wait_for_event(config: Config, ctx: NodeContext) -> Step:
    """The event with its data."""
    key = (await ctx.text(config.key)).strip()
    if len(key) > MAX_KEY:
        raise Invalid(f"The key has {len(key)} characters; {MAX_KEY} are allowed.", fix="Use a shorter key.")
    until = await ctx.now() + timedelta(seconds=config.timeout) if config.timeout else None
    passed_over = 0
    while (came := await ctx.receive(config.event, key, until)) is not None:
        if not forms.problems(config.form, came.data, "data"):
            break
        passed_over += 1
        if passed_over >= MAX_PASSED_OVER:
            told = f"{passed_over} events called {config.event} did not fit the JSON Schema."
            raise Invalid(told, fix="Look at who sends them: they are in the history of this run.")
    more = {"passed_over": passed_over} if config.form else {}
    if came is None:
        return Step({"name": config.event, "key": key, "data": None, **more}, leave_by="timed_out")
    return Step({**came.model_dump(mode="json"), **more}, leave_by="received")
