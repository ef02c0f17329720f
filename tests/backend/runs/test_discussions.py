"""Agents that talk something over: the examples of the pages, who speaks when, and how each protocol ends."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.core import db
from backend.engine import signals as _signals  # noqa: F401 - all tables in one metadata
from backend.workflows.diagram import Diagram, Node
from tests.backend.runs.pages import example, messages
from tests.backend.runs.stage import Stage, drawn, outputs, staged

pytestmark = pytest.mark.db


@pytest.fixture
async def stage(database: db.Database) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found


async def test_in_turn_they_speak_until_nothing_is_left_to_say(stage: Stage) -> None:
    run = await stage.start(example("round-robin.md"), {"change": "a limit of 20 files"})
    assert run.output == {"result": "Ready: the limit is tested at 0, 1 and its end.", "rounds": 2}, run.error
    told = await messages(run)
    assert [(one["from"], one["sort"]) for one in told] == [
        ("Tester", "says"), ("Author", "says"), ("Tester", "says"), ("Clerk", "closes"),
    ]  # fmt: skip
    replay = await stage.replay(run)
    assert (replay.status, replay.diverged, await messages(replay)) == ("succeeded", None, told)


async def test_a_desk_hands_over_to_whoever_knows_or_answers_itself(stage: Stage) -> None:
    run = await stage.start(example("swarm.md"), {"message": "I was charged twice"})
    answer = "It was charged twice. 20 come back to you in three days."
    assert run.output == {"answer": answer, "by": "Bills"}, run.error
    told = await messages(run)
    assert [(one["sort"], one["from"], one["to"], one["reason"]) for one in told] == [
        ("hands_over", "Desk", "Bills", "it is about a payment"), ("says", "Bills", "all", ""),
    ]  # fmt: skip
    replay = await stage.replay(run)
    assert (replay.status, replay.diverged, await messages(replay)) == ("succeeded", None, told)
    run = await stage.start(example("swarm.md"), {"message": "When are you open?"})
    assert run.output == {"answer": "We are open from 9 to 17.", "by": "Desk"}, run.error


async def test_on_a_board_one_note_brings_the_next(stage: Stage) -> None:
    run = await stage.start(example("blackboard.md"), {"degrees": 12})
    cause = "The power was off; the cooling was not switched on again."
    assert run.output == {"cause": cause, "solved": True, "notes": 2}, run.error
    told = await messages(run)
    assert [(one["from"], one["sort"], one["to"]) for one in told] == [
        ("Log", "notes", "board"), ("Lead", "judges", "all"), ("Power", "notes", "board"), ("Lead", "judges", "all"),
    ]  # fmt: skip
    replay = await stage.replay(run)
    assert (replay.status, replay.diverged, await messages(replay)) == ("succeeded", None, told)


async def test_a_debate_ends_when_the_judge_is_convinced(stage: Stage) -> None:
    run = await stage.start(example("debate.md"), {"question": "Rent or buy?"})
    assert run.output == {"answer": "Buy it.", "winner": "Buyer", "rounds": 3}, run.error
    told = await messages(run)
    assert [one["from"] for one in told] == ["Renter", "Buyer", "Judge"] * 3
    assert (told[-1]["sort"], told[-1]["reason"]) == ("judges", "Both agree on it.")
    replay = await stage.replay(run)
    assert (replay.status, replay.diverged, await messages(replay)) == ("succeeded", None, told)


def talking(protocol: str, more: dict[str, Any] | None = None, **scripts: str) -> Diagram:
    """A discussion of agents that play these scripts."""
    members = [
        {"name": name, "model": "scripted/script", "script": f"turns: [{turns}]"}
        for name, turns in scripts.items()
    ]
    config = {"topic": "What now?", "protocol": protocol, "members": members, **(more or {})}
    talk = Node(id="talk", kind="discussion", config=config)
    return drawn([talk], "start>talk", "talk>output", "talk.limit>output")


async def test_a_round_ends_with_the_stop_word_and_the_chair_sums_up(stage: Stage) -> None:
    ada, bob = "{when: second, say: AGREED}, {say: the first}", "{say: the second}"
    run = await stage.start(talking("round_robin", ada=ada, bob=bob, chair="{say: both}"))
    found = (await outputs(run))["talk"]
    assert (found["text"], found["rounds"]) == ("both", 2), run.error
    assert [one["who"] for one in found["said"]] == ["ada", "bob", "ada", "chair"]
    run = await stage.start(talking("round_robin", {"max_tokens": 1}, ada=ada, bob=bob, chair="{say: both}"))
    assert (await outputs(run))["talk"]["limit"] == "tokens"


async def test_a_swarm_hands_over_until_somebody_answers(stage: Stage) -> None:
    desk = "{after: 0, call: [{tool: hand_over, with: {to: nobody, reason: r}}]}, {call: [{tool: hand_over, with: {to: bills, reason: money, task: Refund it}}]}"
    run = await stage.start(talking("swarm", desk=desk, bills="{when: refund it, say: Done}"))
    found = (await outputs(run))["talk"]
    assert (found["text"], found["rounds"], found["by"]) == ("Done", 2, "bills"), run.error
    assert found["hand_overs"] == [{"from": "desk", "to": "bills", "reason": "money"}]
    told = await messages(run)
    assert [(one["sort"], one["from"], one["to"], one["reason"]) for one in told] == [
        ("hands_over", "desk", "bills", "money"), ("says", "bills", "all", ""),
    ]  # fmt: skip


async def test_a_blackboard_is_written_on_until_it_is_solved(stage: Stage) -> None:
    first, second = "{when: seven, say: PASS}, {say: seven}", "{when: seven, say: times six}, {say: PASS}"
    solved = """{when: times six, say: '{"solved": true, "answer": "42", "reason": "both are there"}'}, {say: '{"solved": false, "answer": "", "reason": "half"}'}"""
    run = await stage.start(talking("blackboard", one=first, two=second, chair=solved))
    found = (await outputs(run))["talk"]
    assert (found["text"], found["solved"], found["rounds"]) == ("42", True, 2), run.error
    assert [one["text"] for one in found["said"]] == ["seven", "times six"]
