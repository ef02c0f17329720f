"""Settings that are files or lines of cron take what can be one and say what is wrong with the rest."""

import pytest
from pydantic import BaseModel, ValidationError

from backend.nodes.special import CronLine, File


class Config(BaseModel):
    when: CronLine = ""
    sound: File = ""


@pytest.mark.parametrize("line", ["", "0 9 * * 1-5", "*/15 0-6/2 1,15 * 7", "  5 4 * * 0  "])
def test_a_line_of_cron_is_kept(line: str) -> None:
    assert Config(when=line).when == " ".join(line.split())


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("0 9 * *", "has five parts"),
        ("60 9 * * *", "the minute “60” is not within 0 to 59"),
        ("0 9 0 * *", "the day “0” is not within 1 to 31"),
        ("0 9 * * mon", "the weekday “mon” is neither"),
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
