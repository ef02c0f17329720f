"""Agents in runs: each answer lasts as soon as it has come, whatever becomes of the process; replays ask nobody; people are asked."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql
from sqlmodel import col, select

from backend.approvals import service as approvals
from backend.core import db
from backend.engine import signals as _signals  # noqa: F401 - all tables in one metadata
from backend.runs import starting
from backend.runs.models import EffectRecord, Run
from backend.workflows import file
from backend.workflows.diagram import Diagram, Node, Retry
from tests import forks
from tests.backend.runs import made
from tests.backend.runs.stage import Stage, drawn, events, outputs, staged
from tests.http_server import Answer, Asked, Server, json_answer, serving

pytestmark = pytest.mark.db
CALLS, KILLS = 12, 2


@pytest.fixture
async def stage(database: db.Database, loopback_allowed: None) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found


def worker(script: str, retry: Retry | None = None, **config: Any) -> Diagram:
    """A start, an agent with this script, and an output."""
    config = {"task": "Do it.", "model": "scripted/script", "script": script, **config}
    node = Node(id="agent", kind="agent", config=config, retry=retry or Retry())
    return drawn([node], "start>agent", "agent>output")


def fetching(url: str, count: int = CALLS, more: str = "") -> str:
    """A script that fetches one address after the other and then says that it is done."""
    turns = [
        f"- {{after: {n}, call: [{{tool: http_request, with: {{url: '{url}/{n}', method: POST}}}}]}}"
        for n in range(count)
    ]
    return "\n".join(["turns:", *turns, more or "- {say: done}"])


def fetcher(url: str, **more: Any) -> Diagram:
    return worker(fetching(url), tools=["http_request"], hosts=["127.0.0.1"], max_turns=40, **more)


async def effects(run: Run) -> list[EffectRecord]:
    async with db.database().reading() as session:
        query = select(EffectRecord).where(
            col(EffectRecord.run_id) == run.id, col(EffectRecord.node_id) == "agent"
        )
        return list(
            (await session.exec(query.order_by(col(EffectRecord.attempt), col(EffectRecord.n)))).all()
        )


def kinds(found: list[EffectRecord]) -> Counter[str]:
    return Counter(row.kind for row in found if row.kind in ("chat", "tool"))


def told(history: list[Any], kind: str) -> list[dict[str, Any]]:
    return [event.data for event in history if event.kind == kind]


async def test_every_answer_and_every_tool_is_an_effect_and_an_event(stage: Stage) -> None:
    async with serving(lambda _: json_answer({"n": 1})) as server:
        run = await stage.start(fetcher(server.url))
    assert run.status == "succeeded", run.error
    rows, history = await effects(run), await events(run)
    assert kinds(rows) == {"chat": CALLS + 1, "tool": CALLS}
    assert [row.n for row in rows] == list(range(len(rows)))
    assert len(told(history, "agent.said")) == CALLS + 1
    called, answered = told(history, "tool.called"), told(history, "tool.answered")
    assert [one["arguments"]["url"].rpartition("/")[2] for one in called] == [str(n) for n in range(CALLS)]
    assert all(one["ok"] and one["tool"] == "http_request" and one["bytes"] > 0 for one in answered)
    keys = {asked.headers["idempotency-key"] for asked in server.asked}
    assert len(keys) == CALLS, "each call has a key of its own"


@pytest.mark.chaos
@pytest.mark.timeout(900)
async def test_an_agent_goes_on_after_its_last_finished_call_after_kill_9(
    stage: Stage, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    victim: list[forks.Forked] = []
    deadly, never = [10**6], asyncio.Event()

    def answer(_: Asked) -> Answer:
        found = json_answer({"n": len(server.asked)})
        if len(server.asked) == deadly[0]:
            asyncio.get_running_loop().call_later(dice.uniform(0, 0.03), victim[-1].kill)
        if len(server.asked) > deadly[0]:  # a late kill hits this one, and not a run that has ended
            found.until = never
        return found

    async with serving(answer) as server:
        run = await begun(stage, fetcher(server.url))
        for kill in range(KILLS):
            done, before = await finished(run), len(server.asked)
            # The first dies in its second call or later: the answer of the one before is stored by then.
            deadly[0] = before + dice.randrange(1, 3) + (kill == 0)
            assert await life(run, victim, tmp_path) == -9, f"seed {seed}"
            assert_not_again(server, before, done)
        done, before, deadly[0] = await finished(run), len(server.asked), 10**6
        assert 0 < len(done) < CALLS, f"the kills missed, seed {seed}"
        assert await life(run, victim, tmp_path) == 0, (tmp_path / "said").read_text()
        assert_not_again(server, before, done)
    run = await made.state(run.id)
    assert (run.status, (await outputs(run))["agent"]["text"]) == ("succeeded", "done"), f"seed {seed}"
    rows = await effects(run)
    assert kinds(rows) == {"chat": CALLS + 1, "tool": CALLS}, f"seed {seed}"
    assert len(told(await events(run), "tool.answered")) == CALLS
    assert max(Counter(asked.path for asked in server.asked).values()) <= KILLS + 1


async def begun(stage: Stage, diagram: Diagram) -> Run:
    """Started, and left to others."""
    world = await made.published(stage.by, diagram, "victim")
    async with db.database().transaction() as session:
        found = await starting.start(session, stage.by, workflow_id=world.workflow_id, input={})
    return await made.state(found.id)


async def life(run: Run, victim: list[forks.Forked], folder: Path) -> int:
    """Let a process of its own play the run; its end."""
    async with db.database().transaction() as session:
        again = "UPDATE run SET status = 'queued', worker_id = NULL WHERE id = :run"
        await (await session.connection()).execute(sql(again), {"run": run.id})
    victim.append(forks.start("tests.backend.runs.agent_victim", run.id, output=folder / "said"))
    return await asyncio.to_thread(victim[-1].wait, 120)


async def finished(run: Run) -> set[str]:
    """The addresses whose answers are stored."""
    rows = [row for row in await effects(run) if row.kind == "http" and row.request]
    return {str(row.request["url"]).rpartition("/")[2] for row in rows if row.error is None and row.request}


def assert_not_again(server: Server, before: int, done: set[str]) -> None:
    asked = {one.path.strip("/") for one in server.asked[before:]}
    assert not asked & done, f"asked again: {asked & done}"


async def test_another_try_goes_on_where_the_failed_one_was(stage: Stage) -> None:
    more = "- {say: done, fail: 500, fail_attempts: 1}"
    async with serving(lambda _: json_answer({})) as server:
        diagram = worker(
            fetching(server.url, 3, more),
            tools=["http_request"], hosts=["127.0.0.1"], retry=Retry(max_attempts=2, backoff_seconds=0.01),
        )  # fmt: skip
        run = await stage.start(diagram)
        assert run.status == "succeeded", run.error
        assert len(server.asked) == 3
        assert [(row.attempt, row.kind) for row in await effects(run)][-1] == (2, "chat")
        replay = await stage.replay(run)
        assert (replay.status, len(server.asked)) == ("succeeded", 3)
        assert (await outputs(replay))["agent"] == (await outputs(run))["agent"]
        assert replay.diverged is None
    assert kinds([row for row in await effects(run) if row.error is None]) == {"chat": 4, "tool": 3}


async def test_a_replay_asks_nobody_and_a_fork_begins_anew(stage: Stage) -> None:
    async with serving(lambda asked: json_answer({"at": asked.path})) as server:
        run = await stage.start(fetcher(server.url))
        replay = await stage.replay(run)
        assert (replay.status, len(server.asked)) == ("succeeded", CALLS)
        assert len(told(await events(replay), "tool.answered")) == CALLS
        fork = await stage.fork(run, **{"from": {"node_id": "agent"}})
        assert (fork.status, len(server.asked)) == ("succeeded", 2 * CALLS)


async def test_people_are_asked_about_each_call_with_its_arguments(stage: Stage) -> None:
    script = """
turns:
  - after: 0
    call: [{tool: calculator, with: {expression: 1+1}}, {tool: calculator, with: {expression: 2+2}}]
  - {after: 1, call: [{tool: ask_person, with: {question: Which colour?}}]}
  - {when: Blue, say: blue}
  - {say: nothing}
"""
    diagram = worker(script, tools=["calculator", "ask_person"], ask_first=["calculator"])
    run = await stage.start(diagram)
    assert run.status == "waiting_person"
    asked = await questions(stage, run)
    assert sorted(one.proposal["arguments"]["expression"] for one in asked) == ["1+1", "2+2"]
    for one, verdict in zip(asked, ("approved", "rejected"), strict=True):
        await decide(stage, one, verdict)
    run = await stage.play(run.id)
    assert run.status == "waiting_person"
    assert len(told(await events(run), "tool.answered")) == 1
    (last,) = await questions(stage, run)
    await decide(stage, last, "approved", {"answer": "Blue"})
    run = await stage.play(run.id)
    assert (await outputs(run))["agent"]["text"] == "blue"
    decided = [e for e in await events(run) if e.kind == "approval.decided"]
    assert [e.path for e in decided] == [""] * 3, "told at the step that asked"


async def questions(stage: Stage, run: Run) -> list[Any]:
    async with db.database().reading() as session:
        rows = sql("SELECT id FROM approval WHERE run_id = :run AND status = 'open' ORDER BY created_at, id")
        found = (await (await session.connection()).execute(rows, {"run": run.id})).scalars().all()
        return [await approvals.get(session, stage.by, one) for one in found]


async def decide(stage: Stage, asked: Any, verdict: Any, values: Any = None) -> None:
    async with db.database().transaction() as session:
        await approvals.decide(
            session, stage.by, asked.id, verdict=verdict, arguments_hash=asked.arguments_hash, values=values
        )


async def test_the_example_of_the_page_gives_what_it_says(stage: Stage) -> None:
    page = (Path(__file__).parents[3] / "docs" / "agents.md").read_text()
    example = page.split("```yaml\n")[1].split("```")[0]
    run = await stage.start(file.read(example), {"count": 3})
    found = (await outputs(run))["clerk"]
    assert (found["text"], found["tool_calls"], run.status) == ("Three chairs cost 59.97.", 1, "succeeded")
