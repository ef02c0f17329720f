"""Sub-workflows: played inside or as runs of their own, with versions fixed at the start, and one fate for parent and child."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from backend.core import db, queue, redis
from backend.engine.engine import Engine, Patience
from backend.engine.ports import Called, StepId
from backend.engine.writer import open_writer
from backend.runs import families, service, signals, starting
from backend.runs.models import Run
from backend.runs.repository import Filter
from backend.runs.schemas import TERMINAL, SendSignal
from backend.worker import children
from backend.worker.claimer import Claimer
from backend.worker.context import context
from backend.worker.lease import Lease
from backend.worker.player import Player
from backend.worker.questions import Questions
from backend.workflows import calls
from backend.workflows.diagram import Diagram, Node, Retry, Wire
from tests.backend.runs import made
from tests.conftest import forget_settings

pytestmark = [pytest.mark.db, pytest.mark.redis]


class Nobody:
    def committed(self, run_id: str, events: list[dict[str, Any]]) -> None: ...

    def volatile(self, run_id: str, event: dict[str, Any]) -> None: ...


@dataclass
class House:
    """A worker's parts in this process, and a team."""

    world: made.World

    async def start(self, slug: str, given: Any = None) -> str:
        async with db.database().transaction() as session:
            return (await starting.start(session, self.world.by, workflow_id=slug, input=given)).id

    async def until(self, run_id: str, when: Callable[[Run], bool]) -> Run:
        async with asyncio.timeout(180):
            while not when(run := await made.state(run_id)):
                assert run.status not in TERMINAL, (run.status, run.error)
                await asyncio.sleep(0.02)
        return run

    async def ended(self, run_id: str) -> Run:
        return await self.until(run_id, lambda run: run.status in TERMINAL)

    async def children(self, run_id: str) -> list[Any]:
        async with db.database().reading() as session:
            return (await service.list_(session, self.world.by, Filter(parent_run_id=run_id))).items


@pytest.fixture(autouse=True)
async def tidy(database: db.Database) -> AsyncIterator[None]:
    yield
    await db.database().close()


@pytest.fixture
async def house(
    database: db.Database, redis_url: str, environment: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)
    forget_settings()
    writer = await open_writer(db.database())
    patience = Patience(idle_person=0.02, idle_time=0.2, cancel_grace=0.2)
    engine = Engine(writer, context, Nobody(), Questions(), patience=patience, children=children.Children())
    lease = Lease()
    await lease.register()
    player, stop = Player(engine, lease.worker_id, 50), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(children.watch())
        claiming = tasks.create_task(Claimer(player, lease.worker_id).run(tasks, stop))
        yield House(await made.world())
        stop.set()
        await claiming
        player.drain()
        await player.until_empty()
        watching.cancel()
    await writer.close()
    await queue.hang_up()
    await redis.client().aclose()


def adding(one: str = "1") -> Diagram:
    """Gives `input.n` plus one as `n`; its nodes have the same ids as those of the workflow that calls it."""
    return made.chain(
        Node(id="start", kind="start", config={"fields": [{"name": "n", "type": "number", "required": True}]}),
        Node(id="call", kind="set_fields", config={"fields": [{"name": "n", "value": f"{{{{ input.n + {one} }}}}"}]}),
        Node(id="output", kind="output"),
    )  # fmt: skip


def calling(
    mode: str, workflow: str = "other", *, config: dict[str, Any] | None = None, retry: Retry | None = None
) -> Diagram:
    fields = [{"name": "n", "value": "{{ input.n * 10 }}"}]
    settings = {"workflow": workflow, "mode": mode, "fields": fields, **(config or {})}
    return made.chain(
        Node(id="start", kind="start"),
        Node(id="call", kind="sub_workflow", config=settings, retry=retry or Retry()),
        Node(id="output", kind="output"),
    )


def waiting() -> Diagram:
    hear = Node(id="hear", kind="wait_for_event", config={"event": "go"})
    return Diagram(nodes=(Node(id="start", kind="start"), hear, Node(id="output", kind="output")),
                   wires=(Wire(source="start", target="hear"), Wire(source="hear", source_port="received", target="output")))  # fmt: skip


def failing() -> Diagram:
    code = Node(id="bad", kind="code", config={"source": "1 / 0"})
    return made.chain(Node(id="start", kind="start"), code)


async def steps(run_id: str, house: House) -> list[tuple[str, str]]:
    async with db.database().reading() as session:
        return [(s.path, s.node_id) for s in await service.steps(session, house.world.by, run_id)]


async def test_a_workflow_is_played_inside_with_the_version_of_the_start(house: House) -> None:
    other = await made.published(house.world.by, adding(), "other")
    await made.published(house.world.by, calling("inside"), "parent")
    run_id = await house.start("parent", {"n": 4})
    newer = await made.version(house.world.by, other.workflow_id, adding("1000"))
    run = await house.ended(run_id)
    assert (run.status, run.output, run.calls) == ("succeeded", {"n": 41}, {"other@latest": other.version_id})
    inner = [("call:sub", "start"), ("call:sub", "call"), ("call:sub", "output")]
    assert sorted(await steps(run_id, house)) == sorted([("", "start"), *inner, ("", "call"), ("", "output")])
    assert await house.children(run_id) == []
    await made.published(house.world.by, calling("inside", config={"version": 2}), "second")
    assert newer
    assert (await house.ended(await house.start("second", {"n": 4}))).output == {"n": 1040}


async def test_a_wait_inside_holds_nothing_and_goes_on_where_it_stood(house: House) -> None:
    await made.published(house.world.by, waiting(), "other")
    await made.published(house.world.by, calling("inside"), "parent")
    run_id = await house.start("parent", {"n": 4})
    await house.until(run_id, lambda run: run.status == "waiting_event" and run.worker_id is None)
    async with db.database().transaction() as session:
        await signals.send(session, house.world.by, run_id, SendSignal(name="go", payload=7))
    run = await house.ended(run_id)
    assert (run.status, run.output["data"]) == ("succeeded", 7)
    async with db.database().reading() as session:
        history = (await service.events_after(session, house.world.by, run_id, 0, 1000)).items
    begun = [(event.path, event.node_id) for event in history if event.kind == "step.started"]
    assert len(begun) == len(set(begun)), "what had begun before the standstill did not begin again"
    assert ("call:sub", "hear") in begun


async def first_child(house: House, run_id: str) -> str:
    async with asyncio.timeout(180):
        while not (found := await house.children(run_id)):
            await asyncio.sleep(0.02)
    return found[0].id


async def test_a_run_of_its_own_is_waited_for_without_holding_anything(house: House) -> None:
    await made.published(house.world.by, waiting(), "other")
    await made.published(house.world.by, calling("own_run"), "parent")
    run_id = await house.start("parent", {"n": 4})
    await house.until(run_id, lambda run: run.status == "waiting_event")
    (child,) = await house.children(run_id)
    assert (child.parent_run_id, child.parent_step["node_id"], child.trigger) == (run_id, "call", "workflow")
    row = await house.until(child.id, lambda run: run.status == "waiting_event")
    assert row.input == {"n": 40}
    async with db.database().transaction() as session:
        await signals.send(session, house.world.by, child.id, SendSignal(name="go", payload={"x": 1}))
    assert (await house.ended(child.id)).status == "succeeded"
    run = await house.ended(run_id)
    assert run.output["data"] == {"x": 1}
    assert (await made.state(child.id)).parent_key is None


async def test_a_child_that_fails_is_the_error_of_its_step_with_a_link(house: House) -> None:
    await made.published(house.world.by, failing(), "other")
    await made.published(house.world.by, calling("own_run"), "parent")
    run = await house.ended(await house.start("parent", {"n": 4}))
    (child,) = await house.children(run.id)
    assert run.error is not None
    assert (run.error["code"], run.error["node_id"]) == ("child_failed", "call")
    assert run.error["details"]["run_id"] == child.id
    await made.published(house.world.by, calling("inside"), "inside")
    run = await house.ended(await house.start("inside", {"n": 4}))
    assert run.error is not None
    assert run.error["message"].startswith("call, in “Chain”: ")


async def test_each_attempt_has_a_run_of_its_own(house: House) -> None:
    await made.published(house.world.by, failing(), "other")
    again = calling("own_run", retry=Retry(max_attempts=2, backoff_seconds=0))
    await made.published(house.world.by, again, "parent")
    run = await house.ended(await house.start("parent", {"n": 4}))
    assert run.status == "failed"
    assert len(await house.children(run.id)) == 2


async def test_a_cancel_reaches_the_child(house: House) -> None:
    await made.published(house.world.by, waiting(), "other")
    await made.published(house.world.by, calling("own_run"), "parent")
    run_id = await house.start("parent", {"n": 4})
    await house.until(run_id, lambda run: run.status == "waiting_event")
    (child,) = await house.children(run_id)
    await house.until(child.id, lambda run: run.status == "waiting_event")
    async with db.database().transaction() as session:
        await service.cancel(session, house.world.by, run_id)
    assert (await made.state(run_id)).status == (await made.state(child.id)).status == "cancelled"


async def test_a_child_does_not_outlive_its_parent(house: House) -> None:
    await made.published(house.world.by, waiting(), "other")
    parent = calling("own_run")
    late = Node(id="late", kind="wait_for_event", config={"event": "fail"})
    bad = Node(id="bad", kind="code", config={"source": "1 / 0"})
    wires = (
        Wire(source="start", target="late"),
        Wire(source="late", source_port="received", target="bad"),
    )
    await made.published(
        house.world.by, Diagram(nodes=(*parent.nodes, late, bad), wires=(*parent.wires, *wires)), "parent"
    )
    run_id = await house.start("parent", {"n": 4})
    child = await first_child(house, run_id)
    async with db.database().transaction() as session:
        await signals.send(session, house.world.by, run_id, SendSignal(name="fail"))
    assert (await house.ended(run_id)).status == "failed"
    assert (await house.ended(child)).status == "cancelled"


async def test_a_step_that_is_entered_again_finds_its_run(house: House) -> None:
    other = await made.published(house.world.by, adding(), "other")
    wait = Node(id="wait", kind="wait", config={"by": "duration", "duration": 3600})
    await made.published(house.world.by, made.chain(Node(id="start", kind="start"), wait), "parent")
    run_id = await house.start("parent", {})  # still there: with its end its children end
    called = Called(other.workflow_id, other.version_id, "Chain", adding())
    made_ids: set[str] = set()
    for _ in range(2):
        async with db.database().transaction() as session:
            made_ids.add(await families.start(session, run_id, StepId("x"), "child:k:", called, {"n": 1}))
    assert len(made_ids) == 1
    assert (await house.ended(made_ids.pop())).output == {"n": 2}


async def test_the_other_workflow_s_form_is_checked(house: House) -> None:
    await made.published(house.world.by, adding(), "other")
    for mode in ("inside", "own_run"):
        await made.published(
            house.world.by, calling(mode, config={"fields": [{"name": "x", "value": "1"}]}), mode
        )
        run = await house.ended(await house.start(mode, {}))
        assert run.error is not None
        assert (run.error["code"], run.error["node_id"]) == ("invalid", "call")


async def problems(by: Any, workflow_id: str, diagram: Diagram) -> list[tuple[str, str | None]]:
    nodes = [node.model_dump(mode="json") for node in diagram.nodes]
    async with db.database().reading() as session:
        found = await calls.checked(session, by.team_id, workflow_id, nodes)
    return [(problem.code, problem.node_id) for problem in found.problems]


async def test_calls_that_cannot_be_are_told_at_their_node() -> None:
    world = await made.world()
    by = world.by
    one = await made.published(by, calling("inside", "two"), "one")
    assert await problems(by, one.workflow_id, calling("inside", "two")) == [("no_such_workflow", "call")]
    await made.published(by, calling("inside", "one"), "two")
    assert await problems(by, one.workflow_id, calling("inside", "two")) == [("calls_itself", "call")]
    assert await problems(by, one.workflow_id, calling("inside", "one")) == [("calls_itself", "call")]
    with pytest.raises(calls.CannotCall, match="being played around it"):
        async with db.database().transaction() as session:
            await starting.start(session, by, workflow_id="one", input={})
    await made.published(by, adding(), "leaf")
    assert await problems(by, "", calling("inside", "leaf", config={"version": 7})) == [
        ("no_such_version", "call")
    ]
    assert await problems(by, "", calling("inside", "leaf", config={"version": 1})) == []


async def test_a_saga_is_played_in_a_run_of_its_own_only() -> None:
    by = (await made.world()).by
    undone = Node(id="saga", kind="saga")
    await made.published(by, Diagram(nodes=(Node(id="start", kind="start"), undone)), "saga")
    assert await problems(by, "", calling("inside", "saga")) == [("saga_inside", "call")]
    assert await problems(by, "", calling("own_run", "saga")) == []


async def test_no_workflow_of_another_team_is_called() -> None:
    theirs = await made.world()
    other = await made.published(theirs.by, adding(), "other")
    mine = await made.world()
    for ref in ("other", other.workflow_id):
        assert await problems(mine.by, "", calling("inside", ref)) == [("no_such_workflow", "call")]


async def test_calls_go_only_so_deep() -> None:
    by = (await made.world()).by
    await made.published(by, adding(), "w0")
    for depth in range(1, calls.MAX_DEPTH + 1):
        await made.published(by, calling("inside", f"w{depth - 1}"), f"w{depth}")
    assert await problems(by, "", calling("inside", f"w{calls.MAX_DEPTH - 1}")) == []
    assert await problems(by, "", calling("inside", f"w{calls.MAX_DEPTH}")) == [("calls_too_deep", "call")]
