"""Documents become passages that keep their headings, lose no word and fit the model."""

from hypothesis import given
from hypothesis import strategies as st

from backend.knowledge.split import LONGEST, pieces


def test_headings_name_their_passages() -> None:
    found = pieces("# Refunds\n\nWithin 30 days.\n\n## How\nPress the button.\n\nThen wait.", "file.md")
    assert [(one.title, one.text) for one in found] == [
        ("Refunds", "Within 30 days."),
        ("Refunds · How", "Press the button.\n\nThen wait."),
    ]


def test_plain_text_has_the_given_title() -> None:
    assert [one.title for one in pieces("Just words.", "notes.txt")] == ["notes.txt"]


def test_a_document_without_text_has_no_passage() -> None:
    assert pieces("# Only a heading\n\n\n", "x") == []


def test_long_paragraphs_are_cut_between_sentences() -> None:
    found = pieces("This is a sentence of some length. " * 100, "x")
    assert len(found) > 4
    assert all(one.text.endswith(".") for one in found)


@given(st.lists(st.text(st.characters(categories=["L", "N", "P"], exclude_characters="#"), min_size=1)))
def test_no_word_is_lost_and_none_is_too_long(words: list[str]) -> None:
    text = " ".join(words)
    found = pieces(text, "x")
    assert "".join("".join(one.text.split()) for one in found) == "".join(text.split())
    assert all(len(one.text) <= LONGEST for one in found)
