"""LangGraph's own conformance suite on both databases, the strict serializer, and what we count on in LangGraph."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TypedDict

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.serde import _msgpack
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from backend.core import clock
from backend.engine import serde
from backend.engine.engine import Engine
from backend.engine.records import Commit, Fenced
from backend.engine.saver import GroupCommitSaver
from tests.backend.engine.kinds import chain
from tests.backend.engine.world import World

pytestmark = pytest.mark.db


async def test_the_saver_conforms_in_every_capability(world: World) -> None:
    @checkpointer_test(name="group commit")
    async def saver() -> AsyncIterator[GroupCommitSaver]:
        yield GroupCommitSaver(world.writer, world.team_id)

    report = await validate(saver)
    wrong = {name: result.failures for name, result in report.results.items() if result.passed is not True}
    assert wrong == {}
    assert len(report.results) == 8
    assert sum(result.tests_passed for result in report.results.values()) > 50


async def test_a_fenced_thread_takes_no_checkpoint(world: World) -> None:
    run = await world.run(chain(1))
    saver = GroupCommitSaver(world.writer)
    saver.admit(run.run_id, (world.team_id, run.token + 1), fresh=True)
    await _asking(saver).ainvoke({"said": ""}, _thread(run.run_id), durability="sync")
    # Nothing waits for what a run's own graph leaves; whatever the run does next finds the fence.
    with pytest.raises(Fenced):
        await world.writer.submit(Commit(run.run_id, world.team_id, run.token + 1, clock.now()))
    assert await world.scalar("SELECT COUNT(*) FROM checkpoint") == 0


class Said(TypedDict):
    said: str


def _asking(saver: GroupCommitSaver, seen: list[Any] | None = None) -> Any:
    async def ask(state: Said, config: RunnableConfig) -> Command[Any]:
        if seen is not None:
            seen.append(config.get("metadata", {})["langgraph_checkpoint_ns"])
        return Command(update={"said": interrupt({"title": "?"})}, goto=END)

    graph = StateGraph(Said)
    graph.add_node("ask", ask)
    graph.add_edge(START, "ask")
    return graph.compile(checkpointer=saver)


def _thread(thread_id: str) -> Any:
    return {"configurable": {"thread_id": thread_id}}


async def test_langgraph_gives_a_task_the_same_id_after_a_resume(world: World) -> None:
    """We lean on a resumed thread entering the same task: the pin of LangGraph's version may only move when this holds."""
    seen: list[Any] = []
    graph = _asking(GroupCommitSaver(world.writer, world.team_id), seen)
    await graph.ainvoke({"said": ""}, _thread("t"), durability="sync")
    before = await graph.aget_state(_thread("t"))
    other = _asking(GroupCommitSaver(world.writer, world.team_id), seen)  # as another process would
    await other.ainvoke(None, _thread("t"), durability="sync")
    after = await other.aget_state(_thread("t"))
    assert [task.id for task in before.tasks] == [task.id for task in after.tasks]
    assert len(set(seen)) == 1
    assert before.tasks[0].interrupts[0].id == after.tasks[0].interrupts[0].id
    assert (await other.ainvoke(Command(resume="yes"), _thread("t")))["said"] == "yes"


async def test_a_waiting_run_shows_in_langgraph_what_it_stands_still_for(hasty: World) -> None:
    from tests.backend.engine.world import drawn

    run = await hasty.run(drawn(("a", "ask")))
    assert (await hasty.engine.play(run)).status == "waiting"
    stored = await GroupCommitSaver(hasty.writer, hasty.team_id).aget_tuple(_thread(run.run_id))
    assert stored is not None
    assert stored.pending_writes is not None
    (said,) = [value for _, channel, value in stored.pending_writes if channel == "__interrupt__"]
    assert said[0].value["keys"] == [f"approval:{run.run_id}:a:1"]


def test_hostile_bytes_build_nothing(tmp_path: Path) -> None:
    for blob in serde.hostile_blobs(target := tmp_path / "made"):
        serde.strict().loads_typed(("msgpack", blob))
        assert not target.exists()


def test_the_hostile_bytes_are_really_hostile(tmp_path: Path) -> None:
    permissive = serde.JsonPlusSerializer(allowed_msgpack_modules=True)
    permissive.loads_typed(("msgpack", serde.hostile_blobs(target := tmp_path / "made")[0]))
    assert target.exists()


def test_langgraph_itself_is_strict_in_this_process() -> None:
    assert _msgpack.STRICT_MSGPACK_ENABLED is True


async def test_the_engine_does_not_start_on_an_unsafe_serializer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    permissive = serde.JsonPlusSerializer(allowed_msgpack_modules=True)
    monkeypatch.setattr(serde, "strict", lambda: permissive)
    with pytest.raises(serde.UnsafeSerializer):
        Engine(world.writer, None, world.listener, world.questions, kinds=world.kinds)  # type: ignore[arg-type]
    await asyncio.sleep(0)
