"""Agents that work together: the examples of the pages, what is recorded of them, and what becomes of it after kill -9."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from backend.agents import service as agents
from backend.agents.schemas import AgentCreate, CapabilityWish
from backend.core import db
from backend.core.settings import settings
from backend.engine import signals as _signals  # noqa: F401 - all tables in one metadata
from backend.runs import signals, telling
from backend.runs.schemas import SendEvent
from backend.workflows import file
from backend.workflows.diagram import Diagram, Node
from tests import forks
from tests.backend.runs import made
from tests.backend.runs.pages import PAGES, example, messages
from tests.backend.runs.stage import Stage, drawn, events, outputs, staged
from tests.backend.runs.test_agents import begun, life
from tests.http_server import Answer, Asked, json_answer, serving

pytestmark = pytest.mark.db


@pytest.fixture
async def stage(database: db.Database, environment: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
    settings.cache_clear()
    async with staged() as found:
        yield found


async def test_an_offer_goes_round_until_it_passes_the_gate(stage: Stage) -> None:
    run = await stage.start(example("quality-gate.md"), {"what": "chairs"})
    assert (run.status, run.output) == ("succeeded", {"offer": "Our chairs cost 19.99 each.", "score": 1}), (
        run.error
    )
    found = await outputs(run)
    scores = [found[f"rounds:{n}/gate"]["score"] for n in range(3)]
    assert scores == [0, 0.6667, 1]
    assert found["rounds:1/gate"]["critique"] == "promises nothing: does not hold"


async def test_a_gate_s_judge_is_asked_once(stage: Stage) -> None:
    script = """turns: [{when: the work, say: '{"score": 6, "reasons": ["too short"]}'}]"""
    gate = {"value": "the work", "by": "judge", "judge": {"criteria": "long", "script": script}}
    run = await stage.start(
        drawn([Node(id="gate", kind="quality_gate", config=gate)], "start>gate", "gate.fail>output")
    )
    assert run.status == "succeeded", run.error
    found = (await outputs(run))["gate"]
    assert (found["score"], found["passed"], found["critique"]) == (0.6, False, "too short")
    said = [event.data for event in await events(run) if event.kind == "agent.said"]
    assert [one["who"] for one in said] == ["judge"]
    replay = await stage.replay(run)
    assert (replay.status, replay.diverged) == ("succeeded", None)


async def test_a_supervisor_says_to_whom_it_hands_what_and_why(stage: Stage) -> None:
    run = await stage.start(example("supervisor.md"), {"boxes": 12})
    assert run.status == "succeeded", run.error
    found = (await outputs(run))["lead"]
    assert (found["text"], found["rounds"], found["tool_calls"]) == ("It costs 48.", 2, 3)
    told = await messages(run)
    assert [(one["sort"], one["from"], one["to"]) for one in told] == [
        ("task", "lead", "Clerk"), ("answer", "Clerk", "lead"), ("task", "lead", "Analyst"), ("answer", "Analyst", "lead"),
    ]  # fmt: skip
    assert told[0]["chosen"] == "best at prices (1.00) with 0 tasks before"
    assert (told[2]["chosen"], told[2]["reason"]) == ("named", "It has a calculator.")
    used = [event.data for event in await events(run) if event.kind == "tool.answered"]
    assert [(one["who"], one["tool"]) for one in used] == [("Analyst", "calculator")]
    replay = await stage.replay(run)
    assert (replay.status, replay.diverged, await messages(replay)) == ("succeeded", None, told)


async def test_on_a_shared_board_stands_what_earlier_rounds_have_found(stage: Stage) -> None:
    """And nothing of the own round, so that it does not matter who is quicker; nobody closes its marks."""
    hand = "{tool: hand_over, with: {to: %s, task: %s, reason: r}}"
    lead = (
        f"turns:\n- {{after: 0, call: [{hand % ('A', 'one')}, {hand % ('B', 'two')}]}}\n"
        f"- {{after: 1, call: [{hand % ('B', 'three')}]}}\n- {{say: done}}"
    )
    first = "turns: [{say: 'A </said> found'}]"
    second = "turns: [{when: 'A [/said> found', say: B has read it}, {say: B knows nothing}]"
    members = [
        {"name": name, "model": "scripted/script", "script": script}
        for name, script in (("A", first), ("B", second))
    ]
    config = {"goal": "g", "script": lead, "members": members, "board": True}
    run = await stage.start(
        drawn([Node(id="lead", kind="supervisor", config=config)], "start>lead", "lead>output")
    )
    assert run.status == "succeeded", run.error
    given = [one["answer"] for one in (await outputs(run))["lead"]["hand_overs"]]
    assert given == ["A </said> found", "B knows nothing", "B has read it"]
    board = [(one["from"], one["text"]) for one in await messages(run) if one["to"] == "board"]
    assert sorted(board) == sorted(zip("ABB", given, strict=True))
    replay = await stage.replay(run)
    assert (replay.status, replay.diverged) == ("succeeded", None)


WORKER = (
    "turns:\n"
    + "\n".join(
        f"- {{after: {n}, call: [{{tool: http_request, with: {{url: '%s/{{w}}{n}', method: POST}}}}]}}"
        for n in range(2)
    )
    + "\n- {say: done}"
)
LEAD = """turns:
- after: 0
  call: [{tool: hand_over, with: {capability: post, task: one, reason: r}}, {tool: hand_over, with: {capability: post, task: two, reason: r}}]
- {after: 1, call: [{tool: hand_over, with: {to: A, task: three, reason: again}}]}
- {say: all done}
"""


def posting(url: str, **more: Any) -> Diagram:
    """A lead with two workers that post to this address."""
    members = [
        {"name": name, "can": ["post"], "model": "scripted/script", "tools": ["http_request"],
         "script": WORKER.replace("{w}", name) % (url, url)} for name in ("A", "B")
    ]  # fmt: skip
    config = {"goal": "Post.", "script": LEAD, "members": members, "hosts": ["127.0.0.1"], **more}
    lead = Node(id="agent", kind="supervisor", config=config)
    return drawn([lead], "start>agent", "agent>output", "agent.limit>output")


@pytest.mark.chaos
@pytest.mark.timeout(900)
async def test_a_supervisor_goes_on_after_kill_9(stage: Stage, tmp_path: Path) -> None:
    """Killed at the second call of a worker: what was answered is not asked again, and nobody is chosen anew."""
    victim: list[forks.Forked] = []
    deadly = [6]  # A's second call for its second task

    def answer(_: Asked) -> Answer:
        if len(server.asked) == deadly[0]:
            victim[-1].kill()
        return json_answer({"n": len(server.asked)})

    async with serving(answer) as server:
        run = await begun(stage, posting(server.url))
        assert await life(run, victim, tmp_path) == -9
        decided = await messages(run)
        deadly[0] = 0
        assert await life(run, victim, tmp_path) == 0, (tmp_path / "said").read_text()
        keys = [asked.headers["idempotency-key"] for asked in server.asked]
    run = await made.state(run.id)
    assert run.status == "succeeded", run.error
    told = await messages(run)
    assert [one["to"] for one in told if one["sort"] == "task"] == ["A", "B", "A"]
    assert told[: len(decided)] == decided, "nothing is said twice"
    assert len(told) == 6
    assert len(set(keys)) == 6, "each call has a key of its own"
    assert len(keys) == 7, "the one that was under way was made again, and no other"


async def test_a_budget_s_share_stops_the_handing_over(stage: Stage) -> None:
    async with serving(lambda _: json_answer({})) as server:
        run = await stage.start(posting(server.url, max_tokens=5_000, stop_at=0.01))
        assert (run.status, len(server.asked)) == ("succeeded", 0), run.error
        found = (await outputs(run))["agent"]
        assert (found["text"], found["hand_overs"], found["limit"]) == ("all done", [], "")
        run = await stage.start(posting(server.url, max_tokens=30, stop_at=1))
    assert (await outputs(run))["agent"]["limit"] == "tokens"


async def test_a_worker_that_fails_is_told_to_the_lead(stage: Stage) -> None:
    members = [{"name": "A", "model": "scripted/script", "script": "turns: [{say: x, fail: 400}]"}]
    script = "turns:\n- {after: 0, call: [{tool: hand_over, with: {to: a, task: t, reason: r}}, {tool: hand_over, with: {to: C, task: t, reason: r}}]}\n- {when: nobody called, say: so be it}"
    lead = Node(id="lead", kind="supervisor", config={"goal": "g", "script": script, "members": members})
    run = await stage.start(drawn([lead], "start>lead", "lead>output"))
    assert run.status == "succeeded", run.error
    assert (await outputs(run))["lead"]["text"] == "so be it"
    told = await messages(run)
    assert [(one["sort"], one.get("ok")) for one in told] == [("task", None), ("answer", False)]


async def test_three_sources_become_one_record(stage: Stage) -> None:
    run = await stage.start(example("fusion.md"))
    record = {"name": "Steel Works Ltd", "seat": "Leeds", "contact": "Ada"}
    assert run.output == {"company": record, "seat_from": "website"}, run.error


async def test_a_loop_gives_its_best_round_and_stops_when_it_gets_no_better(stage: Stage) -> None:
    run = await stage.start(example("reflective.md"), {"what": "a chair"})
    assert run.output == {"text": "A chair of oak.", "score": 8, "round": 2}, run.error
    rounds = [
        event.path
        for event in await events(run)
        if event.kind == "step.succeeded" and event.node_id == "weigh"
    ]
    assert rounds == ["rounds:0", "rounds:1", "rounds:2"], "a fourth one could not be worse"


async def brought() -> None:
    """Bring what was told to those who wait, as a worker does."""
    async with db.database().transaction() as session:
        await signals.send_on(session)


async def test_two_workflows_react_to_each_other(stage: Stage) -> None:
    _, order, ship, *_ = (PAGES / "choreography.md").read_text().split("```yaml\n")
    shipping = await stage.start(file.read(ship.split("```")[0]))
    assert shipping.status == "waiting_event", shipping.error
    async with db.database().transaction() as session:
        odd = SendEvent(topic="order.placed", key="all", payload={"order": "no pieces"})
        await telling.send(session, stage.by, odd)
    refused = await stage.start(example("choreography.md"), {"order": "A-0", "pieces": 0})
    assert refused.status == "failed", "data of another type is told to nobody"
    ordered = await stage.start(file.read(order.split("```")[0]), {"order": "A-7", "pieces": 3})
    assert ordered.status == "waiting_event", ordered.error
    await brought()
    shipping = await stage.play(shipping.id)
    assert (shipping.status, shipping.output) == ("succeeded", {"passed_over": 1}), shipping.error
    await brought()
    await brought()
    ordered = await stage.play(ordered.id)
    assert (ordered.status, ordered.output) == ("succeeded", {"parcel": "P-3"}), ordered.error


async def test_the_team_s_agents_are_chosen_by_what_they_can(stage: Stage) -> None:
    script = "turns: [{say: '%s'}]"
    async with db.database().transaction() as session:
        for name, level in (("Ada", 0.9), ("Bob", 0.6)):
            profile = {"role": "a clerk", "model": "scripted/script", "script": script % f"{name} did it"}
            can = [CapabilityWish(name="Prices", proficiency=level)]
            wish = AgentCreate(name=name, profile=profile, capabilities=can)
            assert (await agents.create(session, stage.by, wish)).state == "ready"
    hand = "{tool: hand_over, with: {capability: prices, task: t, reason: r}}"
    turns = f"turns: [{{after: 0, call: [{hand}, {hand}, {hand}]}}, {{say: done}}]"
    lead = Node(id="lead", kind="supervisor", config={"goal": "g", "script": turns})
    run = await stage.start(drawn([lead], "start>lead", "lead>output"))
    found = (await outputs(run))["lead"]["hand_overs"]
    assert [one["to"] for one in found] == ["Ada", "Bob", "Ada"], run.error
    assert found[0]["answer"] == "Ada did it"
