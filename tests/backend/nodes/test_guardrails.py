"""The guardrails of an agent hold whatever its model does."""

from typing import Any

import pytest
from pydantic import ValidationError

from backend.nodes.guardrails import Guard
from backend.nodes.kind import AgentProfile, ChatReply, HttpReply, ToolCall
from backend.nodes.kinds.ai.agent import Config
from backend.nodes.strategy import all_strategies
from tests.backend.nodes.agents import Offline, played

pytestmark = pytest.mark.usefixtures("environment")
FETCHES = """
turns:
  - after: 0
    call: [{tool: http_request, with: {url: 'https://a.example/'}}]
  - say: Ask ada@example.org, or call her.
"""


async def test_the_model_reads_no_personal_data_and_says_none() -> None:
    ctx = Offline()
    ctx.reply = HttpReply(status=200, body="Her card is 4111 1111 1111 1111, her mail is ada@example.org.")
    found, port, _ = await played(
        FETCHES, ctx, task="Who is bob@example.org?", tools=["http_request"], hosts=["a.example"],
        mask=["email", "card"], instructions="Sign as team@example.org.",
    )  # fmt: skip
    read = [message.content for message in ctx.heard[-1][0]]
    assert "team@example.org" in read[0], "what its makers wrote stays"
    assert read[1] == "Who is [email]?"
    assert "Her card is [card], her mail is [email]." in read[-1]
    assert (found["text"], port) == ("Ask [email], or call her.", "out")


@pytest.mark.parametrize("said", ["You get a REFUND.", "a\u00a0full   \uff32efund", "a re\u00adfu\u200bnd"])
async def test_what_it_must_not_say_is_not_given(said: str) -> None:
    script = f"turns: [{{say: '{said}'}}]"
    found, port, _ = await played(script, never_say=["refund"])
    assert (port, found["limit"], found["text"]) == ("limit", "guardrail", "")
    assert "must not say “refund”" in found["reason"]
    found, port, _ = await played(script, never_say=["fund", "refunds"])
    assert (port, found["reason"]) == ("out", ""), "only whole words"


async def test_a_tool_is_not_called_with_it_and_the_best_before_it_is_kept() -> None:
    script = """
turns:
  - {after: 0, say: I will see., call: [{tool: calculator, with: {expression: "1"}}]}
  - {say: Sending., call: [{tool: http_request, with: {url: "https://a.example/?q=project+Falcon", method: POST}}]}
"""
    found, port, ctx = await played(
        script, tools=["calculator", "http_request"], hosts=["a.example"], never_say=["project+falcon"]
    )
    assert (port, found["limit"], found["text"]) == ("limit", "guardrail", "I will see.")
    assert [one["tool"] for one in ctx.of("tool")] == ["calculator"]


@pytest.mark.parametrize("strategy", sorted(all_strategies()))
async def test_every_strategy_is_held(strategy: str) -> None:
    found, port, ctx = await played(
        "turns: [{say: 'Falcon flies at ada@example.org'}]", task="Ask ada@example.org", strategy=strategy,
        mask=["email"], never_say=["falcon"],
    )  # fmt: skip
    assert (port, found["limit"]) == ("limit", "guardrail")
    assert "ada@example.org" not in str([message for message, _ in ctx.heard])


async def test_an_agent_of_the_team_keeps_its_own_beside_the_node_s() -> None:
    ctx = Offline()
    script = "turns: [{say: 'Falcon, ada@example.org'}]"
    ctx.profile = AgentProfile(model="scripted/script", script=script, mask=("email",), never_say=("heron",))
    found, _, _ = await played("", ctx, agent="Clerk", model="scripted/extractive", mask=["phone"])
    assert found["text"] == "Falcon, [email]"
    found, port, _ = await played("", ctx, agent="Clerk", model="scripted/extractive", never_say=["falcon"])
    assert (port, found["limit"]) == ("limit", "guardrail")


@pytest.mark.parametrize("wrong", [{"mask": ["names"]}, {"never_say": ["a"]}, {"never_say": ["x" * 201]}])
def test_wrong_guardrails_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Config.model_validate(
            {"task": "x", "script": "turns: [{say: x}]", "model": "scripted/script", **wrong}
        )


@pytest.mark.parametrize(
    "arguments",
    [
        {"body": "Hello\nProject Falcon"},
        {"body": ["Project\nFalcon"]},
        {"deep": {"list": [1, {"x": "\tproject falcon"}]}},
        {"project falcon": None},
    ],
)
def test_every_text_of_a_tool_call_is_looked_at(arguments: dict[str, Any]) -> None:
    reply = ChatReply(text="", model="m", tool_calls=(ToolCall(id="1", name="post", arguments=arguments),))
    kept = Guard(never_say=("Project Falcon",)).kept(reply)
    assert kept.withheld
    assert not kept.tool_calls
    assert Guard(never_say=("Falcons", "project")).kept(reply).withheld == "project"
