"""Diagram files are read with located errors, written tidily, and come back as they were."""

import contextlib
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from backend.core.source import Unreadable
from backend.workflows import document, file, file_write, placing, schema, templates
from backend.workflows.diagram import Diagram, Position, Wire
from tests.backend.workflows import drawings
from tests.backend.workflows.kinds import KINDS
from tests.work import calls

BY_HAND = """\
quadrille: 1
name: Greet  # a remark
nodes:
  - {id: start, kind: start}
  - id: sort
    kind: sort
    at: [200, 0]
    config:
      labels:
        - name: billing
wires:
  - {from: start, to: sort}
  - {from: sort.billing, to: reply, label: money}
"""


def refusal(text: str | bytes) -> Unreadable:
    with pytest.raises(Unreadable) as told:
        file.read(text)
    for problem in told.value.problems:
        assert problem.message
        assert problem.fix
        assert problem.line
        assert problem.column
    return told.value


def test_short_forms_are_read() -> None:
    read = file.read(BY_HAND)
    assert read.node("sort").position == Position(x=200, y=0)
    assert read.wires[1] == Wire(source="sort", source_port="billing", target="reply", label="money")


def test_long_forms_are_read_too() -> None:
    read = file.read(BY_HAND)
    assert file.read(read.model_dump_json()) == read


@pytest.mark.parametrize(
    ("before", "after", "line", "column", "place", "words"),
    [
        ("quadrille: 1\n", "", 1, 1, "", "quadrille: 1"),
        ("quadrille: 1", "quadrille: 2", 1, 1, "quadrille", "format 2"),
        ("    kind: sort\n", "", 5, 5, "nodes[1].kind", "missing"),
        ("    kind: sort", "    knd: sort", 5, 5, "nodes[1].kind", "missing"),
        ("at: [200, 0]", "at: [200, left]", 7, 5, "nodes[1].at", "number"),
        ("at: [200, 0]", "size: 300", 7, 5, "nodes[1].size", "list of two numbers"),
        ("id: start,", "id: Start 1,", 4, 6, "nodes[0].id", "lower-case"),
        ("from: start, ", "", 12, 5, "wires[0].from", "missing"),
        ("config:", "config: 5\n    x:", 8, 5, "nodes[1].config", "dictionary"),
        ("  - {from: start, to: sort}", "  - {from: start, to: sort", 13, 5, "", "YAML"),
        ("name: billing", "name: billing\n          name: other", 11, 11, "nodes[1].config.labels[0].name", "twice"),
        ("name: Greet", "name: !!python/object:os.system x", 2, 7, "name", "tag"),
        ("name: Greet", "name: .nan", 2, 7, "name", "number"),
        ("name: billing", "name: 12345678901234567890", 10, 11, "nodes[1].config.labels[0].name", "53 bits"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(
    before: str, after: str, line: int, column: int, place: str, words: str
) -> None:
    text = BY_HAND.replace(before, after, 1)
    assert text != BY_HAND
    told = refusal(text)
    first = told.problems[0]
    assert (first.line, first.column, first.place) == (line, column, place), first
    assert words in first.message


def test_all_mistakes_are_told_in_the_order_of_the_text() -> None:
    text = (
        BY_HAND.replace("kind: sort", "knd: sort")
        .replace("name: Greet", "name: ''")
        .replace("label:", "lable:")
    )
    told = refusal(text).problems
    assert [p.line for p in told] == sorted(p.line or 0 for p in told)
    assert {p.place for p in told} == {"name", "nodes[1].kind", "nodes[1].knd", "wires[1].lable"}
    assert any("Did you mean `kind`?" in p.fix for p in told)


def test_json_mistakes_are_told_with_their_place() -> None:
    told = refusal('{"quadrille": 1,\n  "nodes": [\n    {"id": "a",\n     "kind": 5}]}').problems[0]
    assert (told.line, told.column, told.place) == (4, 6, "nodes[0].kind")
    assert refusal('{"quadrille": 1,\n "name": "a",\n "name": "b"}').problems[0].line == 3
    assert refusal('{"quadrille": 1,\n oops}').problems[0].line == 2


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe", "", "   ", "just text", "- a\n- b", "[" * 10_000, "{" * 10_000, '{"a":' * 10_000, "a: " * 1000,
        "quadrille: 1\nname: &a [*a]", "quadrille: 1\nsamples: {x: &a {y: *a}}", "\0", "quadrille: 1\nname: \ud800",
        '{"quadrille": 1, "name": "\\u0000"}', '{"quadrille": 1, "name": "\\ud800"}', "quadrille: 1\n? [a]\n: b",
        "quadrille: 1\nsamples: {a: " + "9" * 5_000 + "}", '{"quadrille": 1, "samples": {"a": ' + "9" * 5_000 + "}}",
        '{"quadrille": 1, "samples": {"a": NaN}}', "quadrille: true", "quadrille: '1'", "%YAML 9.9\n---\na", "a: b\n---\nc: d",
        "quadrille: 1\nsamples: {a: 1e999}", "quadrille: 1\n<<: {name: x}", "!!binary aGk=", "\t\tx: y", "? ? ?", "@", "`",
        "quadrille: 1\nx: " + "[" * 200 + "]" * 200,
    ],
)  # fmt: skip
def test_what_is_no_diagram_is_refused_without_much_work(text: str | bytes) -> None:
    assert calls(lambda: refusal(text)) < 1_000_000


def test_a_billion_laughs_are_not_laughed() -> None:
    text = "quadrille: 1\nsamples:\n  a0: &a0 [lol, lol]\n"
    text += "".join(f"  a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10))
    assert "aliases" in refusal(text).message
    assert calls(lambda: refusal(text)) < 1_000_000


def test_a_few_aliases_are_fine() -> None:
    assert file.read("quadrille: 1\nsamples: {a: &x {y: 1}, b: *x}").samples == {"a": {"y": 1}, "b": {"y": 1}}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawings.diagram)
def test_export_and_import_give_the_same_diagram(drawn: Diagram) -> None:
    assert file.read(file_write.to_yaml(drawn)) == drawn
    assert file.read(file_write.to_json(drawn)) == drawn


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawings.diagram)
def test_the_shared_document_gives_the_same_diagram(drawn: Diagram) -> None:
    read = document.read(document.new(drawn))
    assert not read.problems
    assert _unordered(read.diagram) == _unordered(drawn)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawings.diagram, drawings.diagram)
def test_a_document_can_become_any_other_diagram(one: Diagram, other: Diagram) -> None:
    doc = document.new(one)
    document.write(doc, other)
    assert _unordered(document.read(doc).diagram) == _unordered(other)
    changes: list[bytes] = []
    doc.observe(lambda event: changes.append(event.update))
    document.write(doc, other)
    assert [change for change in changes if change != b"\x00\x00"] == [], (
        "what is there already is not written again"
    )


def _unordered(drawn: Diagram) -> dict[str, Any]:
    plain = drawn.model_dump()
    for key, by in (("nodes", "id"), ("comments", "id")):
        plain[key] = sorted(plain[key], key=lambda part: part[by])
    plain["wires"] = sorted(plain["wires"], key=str)
    return plain


_TRIAGE = (templates.FOLDER / "support_triage.yaml").read_text().partition("\n---\n")[0]
_JSON = file_write.to_json(file.read(_TRIAGE))
_PIECES = (
    "\t",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "*a",
    "!x ",
    "\n",
    '"',
    "'",
    "|",
    ">",
    "#",
    "\0",
    "~",
    "? ",
    "%",
    "@",
    ",",
)


@settings(max_examples=500, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([_TRIAGE, _JSON]), st.integers(1, 6))
def test_no_mutation_is_too_odd(chance: random.Random, text: str, times: int) -> None:
    for _ in range(times):
        at, length = chance.randrange(len(text)), chance.choice([0, 1, 1, 5, 40])
        text = text[:at] + chance.choice([*_PIECES, "", chance.choice(text)]) + text[at + length :]
    with contextlib.suppress(_WellTold):
        _read_or_tell(text)


class _WellTold(Exception):
    """The refusal of a text, found good."""


def _read_or_tell(text: str) -> None:
    try:
        file.read(text)
    except Unreadable as told:
        if all(p.line and p.column and p.message and p.fix for p in told.problems):
            raise _WellTold from told
        raise


def test_the_schema_fits_what_is_read_and_refuses_what_is_not() -> None:
    made = schema.of(KINDS)
    Draft202012Validator.check_schema(made)
    validator = Draft202012Validator(made)
    drawn = file.read(BY_HAND)
    assert not list(validator.iter_errors(file_write.short(drawn)))
    assert not list(validator.iter_errors(drawn.model_dump(mode="json")))
    wrong = file_write.short(drawn)
    wrong["nodes"][1]["config"]["labels"] = [{"nam": "x"}]
    assert list(validator.iter_errors(wrong))


def test_what_nobody_has_placed_is_drawn_from_left_to_right() -> None:
    """A file written by hand says nothing of places: without some, every node would lie on the first."""
    unplaced = file.read(BY_HAND.replace("    at: [200, 0]\n", ""))
    drawn = placing.spread_out(unplaced)
    assert drawn.node("start").position.x < drawn.node("sort").position.x
    assert drawn.model_dump(exclude={"nodes"}) == unplaced.model_dump(exclude={"nodes"})
    for stands in (drawn, file.read(BY_HAND), Diagram(name="Empty")):
        assert placing.spread_out(stands) == stands
    many = unplaced.model_copy(update={"nodes": unplaced.nodes * placing.MOST})
    assert placing.spread_out(many) is many
