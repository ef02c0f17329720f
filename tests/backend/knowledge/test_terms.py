"""What a passage says and names, and how passages are put in order by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.knowledge import ranking, terms
from backend.knowledge.ranking import Said, Size
from backend.knowledge.split import Piece


@pytest.mark.parametrize(
    ("title", "text", "things"),
    [
        ("Invoices, receipts and VAT", "", {"invoic", "receipt", "vat"}),
        ("Help · Reverse charge", "", {"help", "revers charg"}),
        ("", "Press **Issue again** or `Retry-After`.", {"issu again", "retry after"}),
        ("", "See [the refunds](billing.md).", {"refund"}),
        ("", "We ship to Ada Lovelace under the GDPR.", {"ada lovelac", "gdpr"}),
        ("2026", "All of it.", set()),
    ],
)
def test_headings_marked_words_and_names_are_things(title: str, text: str, things: set[str]) -> None:
    assert terms.of(Piece(title, text)).things == things


def test_words_are_counted_with_those_of_the_heading_and_without_small_ones() -> None:
    found = terms.of(Piece("Invoices", "The invoice of the year. An invoice!")).words
    assert found == {"invoic": 3, "year": 1}


def test_a_question_names_every_run_of_its_words() -> None:
    assert terms.named("What is a reverse charge?") == ["revers", "charg", "revers charg"]


@given(st.text(max_size=300), st.text(max_size=50))
def test_any_text_has_terms_of_bounded_length(text: str, title: str) -> None:
    found = terms.of(Piece(title, text))
    assert all(0 < len(word) <= terms.LONGEST for word in found.words)
    assert all(1 <= len(thing.split()) <= terms.MOST_WORDS for thing in found.things)


def test_bm25_prefers_rare_words_short_passages_and_repetition() -> None:
    said = [
        Said("rare", "a", 1, 10),
        Said("common", "b", 1, 10),
        Said("rare", "c", 1, 100),
        Said("rare", "d", 3, 10),
    ]
    scores = ranking.by_words(said, {"rare": 3, "common": 90}, Size(100, 20))
    assert sorted(scores, key=lambda one: -scores[one]) == ["d", "a", "c", "b"]
    assert all(0 < score <= 1 for score in scores.values())


def test_light_fades_on_its_way_and_is_divided_among_many() -> None:
    first = ranking.lit({"one": 1.0, "many": 1.0}, {"one": frozenset("a"), "many": frozenset("bcde")}, 10)
    assert first["a"] > first["b"] == first["c"]
    passed = ranking.passed_on({"a": 1.0}, {"a": frozenset({"x", "y"})})
    assert passed == {"x": 0.25, "y": 0.25}
    assert ranking.relative({"a": 4.0, "b": 1.0}) == {"a": 1.0, "b": 0.25}
    assert ranking.relative({}) == {}
