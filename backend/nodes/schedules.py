"""How a workflow begins by the clock: when, in which time zone, with what input, and what becomes of times that were missed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, JsonValue, field_validator, model_validator

from backend.core import clock
from backend.nodes import clock_times, templates
from backend.nodes.beginnings import Given, given_of
from backend.nodes.fields import FormField, Part
from backend.nodes.special import CronLine, TimeZone

_SEEN = ("event",)
"""A moment that has come is an event: `event.at`, and in `event.data` its `local` time, `zone` and `cron`."""


class ScheduleStart(Part):
    """Times at which a run of the published version begins."""

    model_config = ConfigDict(title="Schedule")
    cron: CronLine = Field(
        default="0 9 * * *",
        title="When",
        description="A line of cron: minute, hour, day of the month, month, weekday. 0 9 * * 1-5 is 09:00 from Monday to Friday.",
    )
    zone: TimeZone = Field(
        default="UTC", title="Time zone", description="Whose clock counts, for example Europe/Berlin."
    )
    input: tuple[Given, ...] = Field(
        default=(),
        title="Input",
        max_length=50,
        description="The fields of the run's input, such as {{ event.data.local }}; those left out have their defaults.",
    )
    missed: Literal["run_latest", "skip"] = Field(
        default="run_latest",
        title="Missed times",
        description="What becomes of times at which no worker ran: one run for the latest of them, or none.",
    )
    while_running: Literal["begin_anyway", "wait", "skip"] = Field(
        default="begin_anyway",
        title="While an earlier run goes on",
        description="Begin beside it, wait for its end (one time waits, further ones are skipped), or skip this time.",
    )

    @field_validator("cron")
    @classmethod
    def _said(cls, line: str) -> str:
        if not line:
            raise ValueError("say when, for example 0 9 * * 1-5 for 09:00 from Monday to Friday")
        if clock_times.after(line, "UTC", clock.now()) is None:
            raise ValueError(f"“{line}” never comes: no such day is in these months")
        return line

    @model_validator(mode="after")
    def _readable(self) -> "ScheduleStart":
        wrong = [problem for row in self.input for problem in templates.problems_of(row.value, _SEEN)]
        if wrong:
            raise ValueError(wrong[0].message)
        return self

    def after(self, moment: datetime) -> datetime | None:
        """The first time after this moment."""
        return clock_times.after(self.cron, self.zone, moment)

    def latest(self, due: datetime, now: datetime) -> datetime:
        """The last time until now, where one was due before."""
        return clock_times.latest(self.cron, self.zone, due, now)

    def told(self, at: datetime) -> dict[str, JsonValue]:
        """What the event of such a moment holds."""
        local = at.astimezone(ZoneInfo(self.zone)).isoformat()
        data: JsonValue = {"local": local, "zone": self.zone, "cron": self.cron}
        return {"at": at.isoformat(), "key": "", "by": "", "data": data}

    async def given(self, event: Mapping[str, JsonValue]) -> JsonValue:
        """The input of the run that it begins."""
        return await given_of(self.input, event)


def misfit(schedules: Iterable[ScheduleStart], fields: Iterable[FormField]) -> str:
    """What of the inputs can be seen not to fit the form, empty where nothing is."""
    listed = {field.name: field for field in fields}
    for number, schedule in enumerate(schedules, start=1):
        given = {row.name for row in schedule.input}
        lacks = next((f.name for f in listed.values() if f.required and f.default is None and f.name not in given), "")  # fmt: skip
        if lacks:
            return f"schedule {number} gives no value for the required field “{lacks}”; add it to its input, or give the field a default"
        odd = next((name for name in given if listed and name not in listed), "")
        if odd:
            return f"schedule {number} gives a value for “{odd}”, which is no input field"
    return ""
