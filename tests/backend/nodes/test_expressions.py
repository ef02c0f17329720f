"""Expressions read a run's data, are checked without being run, and cannot do anything else."""

import asyncio
from typing import Any

import pytest

from backend.core.errors import Invalid
from backend.nodes import expressions
from backend.nodes.expressions import ExpressionError

SCOPE: dict[str, Any] = {
    "input": {"n": 5, "name": "Ada", "rows": [1, 2, 3], "order": {"lines": [{"qty": 2}]}, "nothing": None},
    "nodes": {"classify": {"label": "billing"}, "untouched": {"x": 1}},
    "run": {"id": "run_1"},
}

pytestmark = pytest.mark.usefixtures("environment")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("input.n + 1", 6),
        ("input.missing", None),
        ("input.missing.deeper.still", None),
        ("nodes.never_ran.text", None),
        ("nodes.classify.label == 'billing' and true", True),
        ("nodes['classify']['label']", "billing"),
        ("input.order.lines[0].qty * 1.5", 3.0),
        ("[row * 2 for row in input.rows if row > 1]", [4, 6]),
        ("any(row > 2 for row in input.rows)", True),
        ("sorted(input.rows, key=lambda row: -row)", [3, 2, 1]),
        ("input.name.upper() + '!'", "ADA!"),
        ("f'{input.n:03d} {input.name}'", "005 Ada"),
        ("{'a': null, **input.order}", {"a": None, "lines": [{"qty": 2}]}),
        ("list(input.order.keys())", ["lines"]),
        ("input.order.items()", [["lines", [{"qty": 2}]]]),
        ("input.n > 3\n  and input.n < 10  # in range", True),
        ("'ja' if input.n else 'nein'", "ja"),
        ("len(now()) > 10 and today() == now()[:10]", True),
        ("round(10 / 4, 1)", 2.5),
        ("(1, 2)", [1, 2]),
    ],
)
async def test_values(expression: str, value: Any) -> None:
    assert await expressions.value(expression, SCOPE) == value
    assert expressions.problems_of(expression) == []


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "empty"),
        ("a b", "is not an expression"),
        ("foo + 1", "There is no `foo`"),
        ("x := 1", "NamedExpr is not allowed"),
        ("__import__('os')", "`__import__` is not a function"),
        ("(lambda: 1)()", "Only named functions can be called"),
        ("input.rows.append(1)", "There is no function `.append()`"),
        ("input()", "`input` is not a function"),
        ("_read(input, 'n')", "`_read` is not a function"),
        ("[__x for __x in input.rows]", "`__x` is not allowed"),
        ("(lambda _text: 1)", "`_text` is not allowed"),
        ("await input", "not allowed"),
        ("(yield 1)", "not allowed"),
        ("1 | 2", "BitOr is not allowed"),
        ("-" * 1999 + "1", "nested too deeply"),
        ("+".join(["1"] * 900), "nested too deeply"),
        ("1" * 3000, "3000 characters"),
        ("item", "There is no `item`"),
    ],
)
async def test_wrong_expressions_are_told_before_they_run(expression: str, said: str) -> None:
    problems = expressions.problems_of(expression, ("input", "nodes", "run"), place="nodes.a.config.b")
    assert any(said in problem.message for problem in problems), problems
    assert all(problem.place == "nodes.a.config.b" and problem.fix for problem in problems)
    if said != "There is no `item`":
        with pytest.raises(ExpressionError):
            await expressions.value(expression, SCOPE)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("input.name.first", "there is no field 'first' in a text"),
        ("input.rows.n", "there is no field 'n' in a list"),
        ("input.name + 1", "can only concatenate str"),
        ("1 / 0", "division by zero"),
        ("input.rows[9]", "list index out of range"),
        ("input['missing']", "missing"),
        ("input.nothing.upper()", "nothing (None)"),
        ("'a' * 10**10", "more memory"),
        ("[0 for a in range(10**9) if a < 0]", "longer than 2 seconds"),
        ("2**64", "more than 64 bits"),
        ("float('nan')", "nan"),
        ("().__class__.__bases__", "there is no field '__class__'"),
    ],
)
async def test_failures_name_the_expression_and_the_reason(expression: str, said: str) -> None:
    async with asyncio.timeout(60):
        with pytest.raises(Invalid) as failed:
            await expressions.value(expression, SCOPE)
    assert said in failed.value.message


def test_only_what_is_named_crosses_into_the_sandbox() -> None:
    def needed(*texts: str) -> dict[str, Any]:
        return expressions.needed(
            SCOPE, [expressions.ready(text, expressions.parsed(text)) for text in texts]
        )

    label, run = {"classify": {"label": "billing"}}, {"id": "run_1"}
    assert needed("nodes.classify.label + run.id") == {"nodes": label, "run": run}
    assert needed("nodes.classify.label", "run.id") == {"nodes": label, "run": run}
    assert needed("len(nodes)", "nodes.classify.label") == {"nodes": SCOPE["nodes"]}


def test_references_and_renames() -> None:
    expression = "nodes.a.x + nodes['b'].y + input.nodes.c + 'nodes'"
    assert expressions.references(expression) == {"a", "b"}
    assert (
        expressions.renamed("nodes.a.x + nodes['a'].y + nodes.ab", "a", "z")
        == "nodes.z.x + nodes['z'].y + nodes.ab"
    )
    assert expressions.renamed("input.nodes.a", "a", "z") == "input.nodes.a"
    assert expressions.references("not ( an expression") == set()


async def test_what_only_names_a_place_is_passed_on_and_costs_no_copy_of_its_texts() -> None:
    scope = {"input": {"text": "x" * 5000, "list": [{"a": None}], "items": 3}}
    assert await expressions.value("input.text", scope) is scope["input"]["text"]
    given: Any = await expressions.value("input.list", scope)
    assert given == [{"a": None}]
    given[0]["a"] = "changed"
    assert scope["input"]["list"] == [{"a": None}], "what a kind gets is its own"
    assert await expressions.value("input.items", scope) == 3
    assert await expressions.value("input.missing", scope) is None
    with pytest.raises(ExpressionError, match="no field 'b' in a number"):
        await expressions.value("input.items.b", scope)
