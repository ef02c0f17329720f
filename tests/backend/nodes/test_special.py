"""Settings that are files, lines of cron or time zones take what can be one and say what is wrong with the rest."""

import pytest
from pydantic import BaseModel, ValidationError

from backend.nodes.special import CronLine, File, TimeZone


class Config(BaseModel):
    when: CronLine = ""
    sound: File = ""
    zone: TimeZone = "UTC"


@pytest.mark.parametrize("line", ["", "0 9 * * 1-5", "*/15 0-6/2 1,15 * 7", "  5 4 * * 0  "])
def test_a_line_of_cron_is_kept(line: str) -> None:
    assert Config(when=line).when == " ".join(line.split())


def test_names_of_months_and_weekdays_are_numbers() -> None:
    assert Config(when="0 9 * JAN,dec MON-fri/2").when == "0 9 * 1,12 1-5/2"


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Europe/Berln", "did you mean Europe/Berlin"),
        ("europe/berlin", "did you mean Europe/Berlin"),
        ("Middle-earth", "write one such as"),
        ("", "write one such as"),
        ("../UTC", "is not a time zone"),
        ("Europe", "is not a time zone"),
    ],
)
def test_a_wrong_time_zone_says_which_was_meant(zone: str, told: str) -> None:
    assert Config(zone="Asia/Kolkata").zone == "Asia/Kolkata"
    with pytest.raises(ValidationError, match=told):
        Config(zone=zone)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("0 9 * *", "has five parts"),
        ("60 9 * * *", "the minute “60” is not within 0 to 59"),
        ("0 9 0 * *", "the day “0” is not within 1 to 31"),
        ("0 9 * * moon", "the weekday “moon” is neither"),
        ("0 17-9 * * *", "the hour “17-9” runs backwards"),
        ("75 9 * * *", "the minute “75” is not within 0 to 59"),
        ("*/0 9 * * *", "steps by nothing"),
    ],
)
def test_a_wrong_line_of_cron_says_which_part(line: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Config(when=line)


def test_a_file_is_a_data_address() -> None:
    address = "data:text/plain;name=a%20b.txt;base64,aGVsbG8="
    assert Config(sound=address).sound == address
    for wrong in ("hello", "data:text/plain,hello", "https://example.com/a.txt"):
        with pytest.raises(ValidationError, match="data: address"):
            Config(sound=wrong)
