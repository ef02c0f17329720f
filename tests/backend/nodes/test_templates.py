"""Templates fill their holes, keep the rest exactly, and name the hole that fails."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import TooLarge
from backend.nodes import templates
from backend.nodes.expressions import ExpressionError

SCOPE: dict[str, Any] = {
    "input": {
        "name": "Ada",
        "when": "2026-11-21T03:04:05Z",
        "rows": ["x", 2, None],
        "yes": True,
        "empty": "",
    },
    "nodes": {"draft": {"text": "Grüße {{ kept }} 🦊"}},
}

pytestmark = pytest.mark.usefixtures("environment")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("no hole { here } }}", "no hole { here } }}"),
        ("Hello {{ input.name }}!", "Hello Ada!"),
        ("{{input.name}}{{ input.name | lower }}", "Adaada"),
        ("{{ nodes.draft.text }}", "Grüße {{ kept }} 🦊"),
        ("{{ input.name | upper | truncate(2) }}", "A…"),
        ("{{ '  a ' | trim }}", "a"),
        ("{{ input.when | date }} {{ input.when | date('%d.%m.%y %H:%M') }}", "2026-11-21 21.11.26 03:04"),
        ("{{ 0 | date }}", "1970-01-01"),
        ("{{ input.missing | default('none') }} {{ input.empty | default(input.name) }}", "none Ada"),
        ("{{ input.rows | join(' / ') }}", "x / 2 / "),
        ("{{ {'a': 'ü'} | json }}", '{\n  "a": "ü"\n}'),
        ("{{ input.rows }}", '[\n  "x",\n  2,\n  null\n]'),
        ("{{ input.yes }} {{ input.missing }}", "true "),
        ("{{ {'a': {'b': '}}'}}['a']['b'] }} {{ '|' }}", "}} |"),
        ("{{ 'it\\'s' }}", "it's"),
        ("{{\n  input.name\n}}", "Ada"),
    ],
)
async def test_holes_are_filled(template: str, text: str) -> None:
    assert await templates.fill(template, SCOPE) == text
    assert templates.problems_of(template) == []


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("a {{ input.name", "never closed"),
        ("{{ foo }} {{ input.name }}", "In {{ foo }}: There is no `foo`"),
        ("{{ input.name | shout }}", "There is no filter `shout`"),
        ("{{ input.name | default }}", "takes 1 argument"),
        ("{{ input.name | upper(1) }}", "takes 0 argument"),
        ("{{ }}", "empty"),
        ("{{ input.name | }}", "There is no filter"),
        ("x" * 20_001, "20001 characters"),
    ],
)
def test_wrong_holes_are_told_before(template: str, said: str) -> None:
    problems = templates.problems_of(template, place="nodes.a.config.text")
    assert any(said in problem.message for problem in problems), problems
    assert all(problem.place and problem.fix for problem in problems)


async def test_a_failing_hole_is_named() -> None:
    with pytest.raises(ExpressionError, match=r"input\.name\.first.*no field 'first'"):
        await templates.fill("{{ input.name }} {{ input.name.first }} {{ 1 }}", SCOPE)
    with pytest.raises(ExpressionError, match="`join` needs a list"):
        await templates.fill("{{ 1 | join }}", SCOPE)


async def test_the_filled_text_is_bounded() -> None:
    with pytest.raises(TooLarge, match="1000000 are allowed"):
        await templates.fill("{{ 'a' * 700000 }}{{ 'a' * 700000 }}", SCOPE)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    templates.problems_of(text)
    templates.references(text)
    assert templates.renamed(text, "a", "a") == text


def test_references_renames_and_lone_holes() -> None:
    template = "nodes.not {{ nodes.a.x | default(nodes['b'].y) }}"
    assert templates.references(template) == {"a", "b"}
    assert templates.renamed("nodes.a {{ nodes.a.x }}", "a", "z") == "nodes.a {{ nodes.z.x }}"
    assert templates.only_hole(" {{ input.n }} ") == " input.n "
    assert [templates.only_hole(t) for t in ("{{ a }}{{ b }}", "x {{ a }}", "{{ a | json }}", "{{", "x")] == [
        None
    ] * 5
