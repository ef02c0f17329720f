"""When a schedule would begin next, or what is wrong with it, while somebody types."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend.core import clock
from backend.nodes import clock_times
from backend.nodes.schedules import ScheduleStart

COUNT = 3


class Tried(BaseModel):
    """A line of cron and a time zone, as they were typed."""

    model_config = ConfigDict(extra="forbid")
    cron: str = Field(max_length=200)
    zone: str = Field(default="UTC", max_length=100)


class ScheduleFlaw(BaseModel):
    """What is wrong with one of the two, and how to mend it."""

    field: Literal["cron", "zone"]
    message: str


class NextTimes(BaseModel):
    """The next times, or what is wrong."""

    times: list[datetime] = []
    flaws: list[ScheduleFlaw] = []


def of(tried: Tried) -> NextTimes:
    """Try it; nothing is stored."""
    try:
        found = ScheduleStart.model_validate(tried.model_dump())
    except ValidationError as wrong:
        told = ((error["loc"][0], error["msg"]) for error in wrong.errors(include_url=False))
        flaws = [{"field": field, "message": said.removeprefix("Value error, ")} for field, said in told]
        return NextTimes.model_validate({"flaws": flaws})
    return NextTimes(times=clock_times.following(found.cron, found.zone, clock.now(), COUNT))
