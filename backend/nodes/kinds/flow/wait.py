"""Wait for a time or until a moment; a waiting run costs nothing and survives restarts."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import Field, model_validator

from backend.core.errors import Invalid
from backend.nodes.gives import Gives
from backend.nodes.kind import Duration, NodeConfig, NodeContext, Step, Template, node

MAX = timedelta(days=366)


class Config(NodeConfig):
    by: Literal["duration", "moment"] = Field(
        default="duration", title="Wait", description="For a time, or until a moment."
    )
    duration: Duration = Field(default=60.0, title="Duration", description="How long to wait.")
    until: Template = Field(
        default="",
        title="Until",
        description="A moment as ISO 8601 text, for example {{ input.due }}; UTC without zone.",
    )

    @model_validator(mode="after")
    def _moment_given(self) -> "Config":
        if self.by == "moment" and not self.until.strip():
            raise ValueError("enter the moment to wait for")
        return self


GIVES = Gives(fields={"until": "text"})


@node(
    title="Wait",
    group="Flow",
    icon="timer",
    summary="duration",
    cacheable=False,
    synonyms=("sleep", "delay", "pause", "timer"),
)
async def wait(config: Config, ctx: NodeContext) -> Step:
    """Wait, durably."""
    now = await ctx.now()
    if config.by == "duration":
        moment = now + timedelta(seconds=config.duration)
    else:
        moment = _moment(await ctx.text(config.until), now)
    await ctx.sleep_until(moment)
    return Step({"until": moment.isoformat()})


def _moment(text: str, now: datetime) -> datetime:
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(
            f"“{text}” is not a moment.", fix="Give ISO 8601 text such as 2026-12-01T09:00:00+01:00."
        ) from None
    moment = read if read.tzinfo else read.replace(tzinfo=UTC)
    if moment - now > MAX:
        raise Invalid(f"{moment.isoformat()} is more than a year away.", fix="Wait for at most 366 days.")
    return moment
