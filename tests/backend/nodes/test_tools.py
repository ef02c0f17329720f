"""Tools of agents: exact numbers, addresses and collections that the node names and no others, people and workflows."""

from typing import Any

import pytest

from backend.nodes.kind import Answer, Passage, Question
from backend.nodes.tool import Bounds, Refused
from backend.nodes.tool_registry import all_tools
from tests.backend.nodes.fakes import FakeContext

pytestmark = pytest.mark.usefixtures("environment")


async def used(name: str, ctx: FakeContext | None = None, bounds: Bounds | None = None, **given: Any) -> Any:
    tool = all_tools()[name]
    return await tool.use(tool.arguments.model_validate(given), ctx or FakeContext(), bounds or Bounds())


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("0.1 + 0.2", "0.3"), ("1_000 * (1 - 0.15)", "850"), ("2**-2", "0.25"), ("-7 // 2", "-3"), ("7 % 4", "3"),
        ("sqrt(2)", "1.4142135623730950488016887242096980785696718753769"), ("round(2.675, 2)", "2.68"), ("max(1, 2.50)", "2.5"),
        ("sum(1, 2, 3) / 3", "2"), ("10**30", "1" + "0" * 30), ("ceil(1.2) + floor(1.8)", "3"), ("0 * -1", "0"),
    ],
)  # fmt: skip
async def test_the_calculator_is_exact(expression: str, value: str) -> None:
    assert await used("calculator", expression=expression) == {"value": value}


@pytest.mark.parametrize(
    "expression",
    ["1/0", "9**9**9", "().__class__", "open('x')", "2 if 1 else 3", "'a' * 9", "(" * 400, "x", "sqrt(-1)", "1; 2", "True + 1",
     "max()", "lambda: 1", "round(1, 2.5)"],
)  # fmt: skip
async def test_the_calculator_refuses_what_is_no_number(expression: str) -> None:
    with pytest.raises(Refused):
        await used("calculator", expression=expression)


async def test_statistics_are_exact() -> None:
    found = await used("statistics", numbers=[0.1, 0.2, 0.3, 0.4])
    assert {k: found[k] for k in ("count", "sum", "mean", "median", "quartile_1", "least", "greatest")} == {
        "count": "4", "sum": "1", "mean": "0.25", "median": "0.25", "quartile_1": "0.175", "least": "0.1", "greatest": "0.4",
    }  # fmt: skip
    assert found["sample_deviation"].startswith("0.12909944487358056")
    line = await used("statistics", numbers=[1, 2, 3], other=[3, 5, 7])
    assert (line["correlation"], line["slope"], line["intercept"]) == ("1", "2", "1")
    with pytest.raises(Refused, match="equally many"):
        await used("statistics", numbers=[1, 2], other=[1])


async def test_finance_is_to_the_cent() -> None:
    flows = [-1000, 300, 420, 680]
    assert await used("finance", calculate="npv", rate="0.1", flows=flows) == {"npv": "130.73"}
    assert await used("finance", calculate="irr", flows=flows) == {"irr": "0.163405600689"}
    assert await used("finance", calculate="irr", flows=[-100, 50, 40]) == {"irr": "-0.069926474563"}
    loan = await used("finance", calculate="loan_payment", rate="0.005", principal=200_000, periods=360)
    assert loan == {"payment": "1199.10", "paid": "431676.00", "interest": "231676.00"}
    with pytest.raises(Refused):
        await used("finance", calculate="irr", flows=[1, 2])


async def test_a_request_reaches_named_hosts_alone() -> None:
    ctx, bounds = FakeContext(), Bounds(hosts=("api.example",), call="c1")
    assert (await used("http_request", ctx, bounds, url="https://v2.API.example/a"))["status"] == 200
    ((_, _, headers, _),) = ctx.asked
    assert headers == {"Idempotency-Key": "run_1:a:1:c1"}, "each call has a key of its own"
    for url in (
        "https://evil.example",
        "https://api.example.evil",
        "https://api.example@evil.test/",
        "https://[::1",
    ):
        with pytest.raises(Refused):
            await used("http_request", ctx, bounds, url=url)
    assert len(ctx.asked) == 1


async def test_passages_come_from_named_collections_alone() -> None:
    ctx = FakeContext()
    ctx.passages = [Passage(text="t", score=0.5)]
    assert (await used("retrieve", ctx, Bounds(collections=("help",)), query="q"))[0]["text"] == "t"
    with pytest.raises(Refused):
        await used("retrieve", ctx, Bounds(collections=("help",)), query="q", collection="salaries")


async def test_python_workflows_and_people() -> None:
    assert await used("python", source="a * 2", inputs={"a": 21}) == {"value": 42}
    found = await used("workflow", None, Bounds(workflows=("reply",)), workflow="reply", input={"x": 1})
    assert found["output"] == {"workflow": "reply", "version": None, "input": {"x": 1}}
    with pytest.raises(Refused):
        await used("workflow", None, Bounds(workflows=("reply",)), workflow="payroll")
    ctx = FakeContext()
    ctx.answer = Answer(verdict="approved", values={"answer": "Blue."})
    assert (await used("ask_person", ctx, Bounds(roles=("admin",)), question="Which?"))["answer"] == "Blue."
    assert isinstance(ctx.asked[0], Question)
    assert ctx.asked[0].roles == ("admin",)
    ctx.answer = Answer(verdict="expired")
    with pytest.raises(Refused, match="Nobody answered"):
        await used("ask_person", ctx, question="Which?")


def test_every_tool_explains_itself() -> None:
    for name, tool in all_tools().items():
        assert (tool.name, bool(tool.title), tool.description[-1:]) == (name, True, "."), name
        assert tool.effects <= {"read", "write", "external", "code", "money"}
        for field, part in tool.schema()["properties"].items():
            assert part.get("description"), f"{name}.{field} has no description"
