"""What both databases can keep is kept exactly; the rest is refused with its place."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core import json

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_json_survives_unchanged(value: Any) -> None:
    assert json.plain(value) == value
    assert json.parse(json.dumps(value)) == value


def test_what_python_writes_otherwise_becomes_json() -> None:
    moment = datetime(2026, 11, 21, 3, 4, tzinfo=UTC)
    got = json.plain({"when": moment, "pair": (1, 2), "set": {3}, "money": Decimal("1.5"), 4: "key"})
    assert got == {"when": "2026-11-21T03:04:00+00:00", "pair": [1, 2], "set": [3], "money": 1.5, "4": "key"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": [1, float("nan")]}, "value.a[1] is nan"),
        ({"a": 2**63}, "value.a is a whole number of more than 64 bits"),
        (["a\0b"], "value[0] holds a NUL character"),
        ("\ud800", "value holds half of a character pair"),
        (b"bytes", "value is a bytes"),
        (
            {"a": Decimal("0.12345678901234567890")},
            "value.a is 0.12345678901234567890, which has more digits",
        ),
        ([Decimal(10) ** 30], "value[0] is a whole number of more than 64 bits"),
        ([Decimal("1e999999")], "value[0] is a whole number of more than 64 bits"),
        (Decimal("NaN"), "value is NaN"),
        ({("a",): 1}, "which is not text"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_place(value: Any, said: str) -> None:
    with pytest.raises(json.NotJson) as refused:
        json.plain(value)
    assert said in refused.value.message
    assert refused.value.problems[0].place


def test_a_value_that_contains_itself_ends() -> None:
    round_and_round: list[Any] = []
    round_and_round.append(round_and_round)
    with pytest.raises(json.NotJson, match="nested deeper"):
        json.plain(round_and_round)


def test_wrong_json_text_is_located() -> None:
    with pytest.raises(json.NotJson, match="line 2, column"):
        json.parse('{"a": 1,\n oops}', "the form")


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**63) - 1, 10**40])
def test_a_number_that_is_too_large_is_refused_and_not_rounded(number: int) -> None:
    with pytest.raises(json.NotJson) as refused:
        json.parse(f'{{"a": [{number}]}}', "input")
    assert refused.value.problems[0].place == "input.a[0]"
    assert json.parse(f'["{number}", {2**63 - 1}, 0.1234567890123456789]') == [
        str(number),
        2**63 - 1,
        0.12345678901234568,
    ]


def test_what_is_nested_too_deep_is_refused() -> None:
    for deep in (201, 900, 100_000):
        with pytest.raises(json.NotJson):
            json.parse("[" * deep + str(2**70) + "]" * deep)
