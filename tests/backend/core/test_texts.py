"""What is written as YAML reads back as it was, and as people would write it."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core import texts

_PIECES = st.sampled_from(
    ["a", "word ", "x" * 40, " ", "  ", "\n", "\n\n", "\n  ", "\\n", "\\", '"', "'", ": ", "#", "- ", "{", "\t", "\u2028"]
)  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_PIECES, max_size=30).map("".join))
def test_every_text_reads_back_as_it_was(text: str) -> None:
    value = {"text": text, "in": [{"a": {"list": text}}]}
    assert texts.parse(texts.to_yaml(value)).data == value


def test_no_space_comes_in_where_a_long_text_has_an_escape() -> None:
    text = "x" * 110 + "\\nand more of it\u2028"
    assert texts.parse(texts.to_yaml({"text": text})).data == {"text": text}


def test_no_space_is_lost_where_a_long_text_has_two() -> None:
    text = "a  " + "x" * 120
    assert texts.parse(texts.to_yaml({"text": text})).data == {"text": text}


def test_an_indented_program_is_written_as_a_block() -> None:
    assert texts.to_yaml({"source": "if a:\n    b()"}) == "source: |-\n  if a:\n      b()\n"
