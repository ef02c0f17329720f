"""Ids sort in the order in which they were made, however many a millisecond brings and whatever the clock does."""

import time
import uuid

import pytest

from backend.core import ids


def test_ids_of_one_millisecond_sort_in_the_order_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: moment)
    made = [ids.new("run") for _ in range(5_000)]
    assert made == sorted(set(made))
    first, last = (int(one[4:16], 16) for one in (made[0], made[-1]))
    assert first <= last <= first + 1, "steps are too small to count far into the time to come"


def test_a_clock_that_is_set_back_gives_no_earlier_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ids.new("run")
    hour_ago = time.time_ns() - 3_600 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: hour_ago)
    assert before < ids.new("run") < ids.new("run")


def test_an_id_is_a_uuid_of_version_seven_with_the_time() -> None:
    prefix, _, digits = ids.new("run").partition("_")
    found = uuid.UUID(digits)
    assert (prefix, found.version, found.variant) == ("run", 7, uuid.RFC_4122)
    assert abs((found.int >> 80) / 1000 - time.time()) < 60
