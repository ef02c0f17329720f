"""When a schedule begins: lines of cron in time zones, over changes of the clock, and what is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from backend.core import clock
from backend.nodes import clock_times, schedule_preview
from backend.nodes.kinds.flow.start import Config
from backend.nodes.schedules import ScheduleStart


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_the_next_times_are_those_of_the_zone() -> None:
    found = clock_times.following("0 9 * * 1-5", "America/New_York", utc(2026, 11, 20, 14, 0), 2)
    assert found == [utc(2026, 11, 23, 14), utc(2026, 11, 24, 14)], "the one that is now is over"
    assert clock_times.after("0 0 29 2 *", "UTC", utc(2026, 1, 1)) == utc(2028, 2, 29)
    assert clock_times.after("0 0 30 2 *", "UTC", utc(2026, 1, 1)) is None


def test_a_time_that_is_lacking_comes_after_the_gap_and_once() -> None:
    at = utc(2026, 3, 28, 12)
    assert clock_times.following("30 2 * * *", "Europe/Berlin", at, 2) == [utc(2026, 3, 29, 1), utc(2026, 3, 30, 0, 30)]  # fmt: skip
    both = clock_times.following("0 2,3 * * *", "Europe/Berlin", at, 2)
    assert both == [utc(2026, 3, 29, 1), utc(2026, 3, 30, 0)], "02:00 is not there, 03:00 is: one moment"
    half = clock_times.after("15 2 * * *", "Australia/Lord_Howe", utc(2026, 10, 3, 0))
    assert half == utc(2026, 10, 3, 15, 30), "a gap of half an hour"


def test_a_time_that_comes_twice_counts_the_first_time() -> None:
    at = utc(2026, 10, 24, 12)
    found = clock_times.following("30 2 * * *", "Europe/Berlin", at, 2)
    assert found == [utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)]
    between = utc(2026, 10, 25, 1, 10)  # 02:10 for the second time
    assert clock_times.after("30 2 * * *", "Europe/Berlin", between) == utc(2026, 10, 26, 1, 30)


def test_steps_go_by_what_passes() -> None:
    gap = clock_times.following("*/30 * * * *", "Europe/Berlin", utc(2026, 3, 29, 0, 30), 3)
    assert gap == [utc(2026, 3, 29, 1), utc(2026, 3, 29, 1, 30), utc(2026, 3, 29, 2)]
    twice = clock_times.following("0 * * * *", "Europe/Berlin", utc(2026, 10, 24, 23), 3)
    assert twice == [utc(2026, 10, 25, 0), utc(2026, 10, 25, 1), utc(2026, 10, 25, 2)]


@pytest.mark.parametrize(
    ("cron", "due", "now", "last"),
    [
        ("* * * * *", utc(2025, 1, 1), utc(2026, 1, 1, 0, 0, 30), utc(2026, 1, 1)),
        ("0 9 * * *", utc(2026, 1, 1, 9), utc(2026, 1, 1, 9), utc(2026, 1, 1, 9)),
        ("0 9 * * *", utc(2026, 1, 1, 9), utc(2026, 1, 4, 8), utc(2026, 1, 3, 9)),
        ("0 0 1 1 *", utc(2020, 1, 1), utc(2026, 6, 1), utc(2026, 1, 1)),
        ("0 0 29 2 *", utc(2024, 2, 29), utc(2026, 6, 1), utc(2024, 2, 29)),
    ],
)
def test_the_latest_time_that_was_missed(cron: str, due: datetime, now: datetime, last: datetime) -> None:
    assert clock_times.latest(cron, "UTC", due, now) == last


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"cron": ""}, "say when"),
        ({"cron": "75 9 * * *"}, "the minute “75” is not within 0 to 59"),
        ({"cron": "0 0 31 2,4 *"}, "never comes"),
        ({"zone": "Berlin"}, "is not a time zone"),
        ({"input": [{"name": "order", "value": "{{ input.x }}"}]}, "input"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told) as wrong:
        Config.model_validate({"schedules": [{}, given]})
    place = wrong.value.errors()[0]["loc"]
    assert place[:2] == ("schedules", 1)
    assert place[2:] == () if "input" in given else place[2:] == tuple(given)


def test_an_input_that_the_form_will_refuse_is_told_before() -> None:
    fields = [{"name": "order", "required": True}, {"name": "pieces", "type": "number"}]
    with pytest.raises(ValidationError, match="schedule 1 gives no value for the required field “order”"):
        Config.model_validate({"fields": fields, "schedules": [{}]})
    rows = [{"name": "order", "value": "A"}, {"name": "piece", "value": "1"}]
    with pytest.raises(ValidationError, match="“piece”, which is no input field"):
        Config.model_validate({"fields": fields, "schedules": [{"input": rows}]})
    assert Config.model_validate({"fields": fields, "schedules": [{"input": rows[:1]}]}).schedules


async def test_the_input_reads_the_moment_in_its_zone() -> None:
    rows = [{"name": "day", "value": "{{ event.data.local }}"}, {"name": "at", "value": "{{ event.at }}"}]
    schedule = ScheduleStart.model_validate({"zone": "Europe/Berlin", "input": rows})
    given = await schedule.given(schedule.told(utc(2026, 7, 1, 7)))
    assert given == {"day": "2026-07-01T09:00:00+02:00", "at": "2026-07-01T07:00:00+00:00"}
    assert await ScheduleStart().given({}) == {}, "what is left out has the form's defaults"


def test_a_preview_tells_three_times_or_the_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: utc(2026, 11, 22, 18))
    shown = schedule_preview.of(schedule_preview.Tried(cron="0 9 * * 1-5", zone="Europe/Berlin"))
    assert shown.times == [utc(2026, 11, day, 8) for day in (23, 24, 25)]
    wrong = schedule_preview.of(schedule_preview.Tried(cron="0 99 * * *", zone="Mars"))
    assert [flaw.field for flaw in wrong.flaws] == ["cron", "zone"]
    assert (wrong.times, "0 to 23" in wrong.flaws[0].message) == ([], True)
