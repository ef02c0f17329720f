"""Retry, fork, edit: what stands stays, what hangs on the change is played, and the old run is never touched."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.core import db
from backend.core.errors import NotAllowed, NotFound
from backend.runs import forking
from backend.runs.fork_schemas import ForkRun, ReplayRun, RetryRun
from backend.runs.forking import NotForkable
from backend.runs.states import WrongState
from backend.workflows.diagram import Diagram, Node, Retry
from tests.backend.identity import people
from tests.backend.runs import made
from tests.backend.runs.stage import Stage, drawn, events, outputs, played, staged, text

pytestmark = pytest.mark.db


@pytest.fixture
async def stage(database: db.Database) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found


def code(node_id: str, source: str, **more: Any) -> Node:
    return Node(id=node_id, kind="code", config={"source": source}, **more)


def parallel(middle: str = "{{ nodes.a.text }} b") -> Diagram:
    """Two branches of two, and a join."""
    nodes = [text("a"), text("b", middle), text("x"), text("y"), Node(id="join", kind="join")]
    return drawn(nodes, *["start>a", "a>b", "b>join", "start>x", "x>y", "y>join", "join>output"])


async def test_a_fork_inside_a_parallel_region_plays_only_what_hangs_on_the_step(stage: Stage) -> None:
    run = await stage.start(parallel())
    before = await events(run)
    fork = await stage.fork(run, **{"from": {"node_id": "b"}})
    assert (fork.status, fork.output) == ("succeeded", run.output)
    assert await played(fork) == {"b", "join", "output"}
    assert (fork.trigger, fork.forked_from_run_id) == ("fork", run.id)
    assert fork.forked_at == {"node_id": "b", "path": "", "visit": 1}
    history = await events(fork)
    assert history[0].data["forked_from"] == run.id
    kept = {e.node_id for e in history if "kept_from" in e.data}
    assert kept == {"start", "a", "x", "y"}
    assert [e.seq for e in await events(run)] == [e.seq for e in before]


def mapped(body: str = "item * 2") -> Diagram:
    rows = Node(id="rows", kind="map_list", config={"items": "input.rows"})
    first, then = code("first", body, parent="rows"), code("then", "nodes['first'] + 1", parent="rows")
    return drawn([rows, first, then], "start>rows", "first>then", "rows>output")


async def test_a_fork_inside_a_map_leaves_the_other_items_alone(stage: Stage) -> None:
    run = await stage.start(mapped(), {"rows": [1, 2, 3]})
    fork = await stage.fork(run, **{"from": {"node_id": "then", "path": "rows:1"}})
    assert fork.output == [3, 5, 7]
    assert await played(fork) == {"rows:1/then", "rows", "output"}


async def test_an_edit_inside_a_map_changes_one_item(stage: Stage) -> None:
    run = await stage.start(mapped(), {"rows": [1, 2, 3]})
    fork = await stage.fork(run, edits=[{"node_id": "first", "path": "rows:2", "output": 100}])
    assert fork.output == [3, 5, 101]
    assert await played(fork) == {"rows:2/then", "rows", "output"}
    assert fork.acting is not None
    assert fork.acting["edits"] == [{"node_id": "first", "path": "rows:2", "visit": 1}]


async def test_a_fork_inside_a_loop_plays_this_turn_and_those_after_it(stage: Stage) -> None:
    loop = Node(id="again", kind="loop", config={"until": "previous >= 4"})
    turn = code("turn", "(previous or 0) + 1", parent="again")
    run = await stage.start(drawn([loop, turn], "start>again", "again>output"))
    assert run.output == 4
    fork = await stage.fork(run, **{"from": {"node_id": "turn", "path": "again:2"}})
    assert fork.output == 4
    assert await played(fork) == {"again:2/turn", "again:3/turn", "again", "output"}
    edited = await stage.fork(run, edits=[{"node_id": "turn", "path": "again:1", "output": 10}])
    assert edited.output == 10
    assert await played(edited) == {"again", "output"}


async def test_a_fork_of_a_container_plays_all_of_it(stage: Stage) -> None:
    run = await stage.start(mapped(), {"rows": [1, 2]})
    fork = await stage.fork(run, **{"from": {"node_id": "rows"}})
    assert await played(fork) == {
        "rows:0/first",
        "rows:0/then",
        "rows:1/first",
        "rows:1/then",
        "rows",
        "output",
    }


async def test_a_fork_in_maps_in_maps(stage: Stage) -> None:
    rows = Node(id="rows", kind="map_list", config={"items": "input.rows"})
    row = Node(id="row", kind="map_list", parent="rows", config={"items": "item"})
    twice = code("twice", "item * 2", parent="row")
    run = await stage.start(drawn([rows, row, twice], "start>rows", "rows>output"), {"rows": [[1, 2], [3]]})
    fork = await stage.fork(run, **{"from": {"node_id": "twice", "path": "rows:0/row:1"}})
    assert fork.output == [[2, 4], [6]]
    assert await played(fork) == {"rows:0/row:1/twice", "rows:0/row", "rows", "output"}


async def test_an_edited_output_is_kept_and_what_hangs_on_it_runs_again(stage: Stage) -> None:
    run = await stage.start(parallel())
    fork = await stage.fork(run, edits=[{"node_id": "a", "output": {"text": "edited " + "ü" * 5000}}])
    assert fork.output["b"]["text"].startswith("edited ü")
    assert await played(fork) == {"b", "join", "output"}
    assert (await outputs(run))["a"] == {"text": "a"}
    marked = [e for e in await events(fork) if e.data.get("edited")]
    assert [e.node_id for e in marked] == ["a"]


async def test_a_fork_of_a_fork_keeps_both_edits(stage: Stage) -> None:
    run = await stage.start(parallel())
    first = await stage.fork(run, edits=[{"node_id": "a", "output": {"text": "A"}}])
    second = await stage.fork(
        first, edits=[{"node_id": "x", "output": {"text": "X"}}, {"node_id": "y", "output": 1}]
    )
    assert second.output == {"b": {"text": "A b"}, "y": 1}
    assert second.forked_from_run_id == first.id
    assert await played(second) == {"join", "output"}


def failing(divisor: str) -> Diagram:
    nodes = [text("a"), code("sum", f"6 // {divisor}"), text("slow"), Node(id="join", kind="join")]
    return drawn(nodes, *["start>a", "a>sum", "sum>join", "start>slow", "slow>join", "join>output"])


async def test_a_retry_after_a_fix_of_the_diagram_plays_from_the_failed_step(stage: Stage) -> None:
    run = await stage.start(failing("input['by']"), {"by": 0})
    assert run.status == "failed"
    same = await stage.retry(run)
    assert same.status == "failed"
    assert "sum" in await played(same)
    assert not {"start", "a"} & await played(same)
    fixed = await stage.version(run, failing("2"))
    done = await stage.retry(same, version=fixed)
    assert (done.status, done.output["sum"], done.trigger) == ("succeeded", 3, "retry")
    assert "a" not in await played(done)


async def test_a_retry_inside_a_map_plays_only_the_items_that_failed(stage: Stage) -> None:
    run = await stage.start(mapped("12 // item"), {"rows": [1, 0, 2]})
    assert run.status == "failed"
    fixed = await stage.version(run, mapped("12 // max(item, 1)"))
    done = await stage.retry(run, version=fixed)
    assert done.output == [13, 13, 7]
    again = await stage.retry(run)
    assert again.status == "failed"
    assert "rows:0/first" not in await played(again)


async def test_a_retry_sends_the_keys_of_the_run_and_another_version_sends_its_own(stage: Stage) -> None:
    run = await stage.start(failing("0"))
    retried = await stage.retry(run)
    assert retried.acting is not None
    assert retried.acting["keys_of"] == run.id
    twice = await stage.retry(retried)
    assert twice.acting is not None
    assert twice.acting["keys_of"] == run.id
    other = await stage.retry(run, version=await stage.version(run, failing("1")))
    assert other.acting is not None
    assert other.acting["keys_of"] == ""


async def test_a_fork_with_another_version_keeps_what_it_has_not_changed(stage: Stage) -> None:
    run = await stage.start(parallel())
    other = await stage.version(run, parallel("changed"))
    plan = await stage.plan(run, version=other)
    assert {s.node_id: s.why for s in plan.again} == {"b": "changed", "join": "changed", "output": "changed"}
    fork = await stage.fork(run, version=other)
    assert fork.version_id == other
    assert fork.output == {"b": {"text": "changed"}, "y": {"text": "y"}}
    assert await played(fork) == {"b", "join", "output"}


async def test_a_step_that_the_version_lacks_is_refused_with_place_and_fix(stage: Stage) -> None:
    run = await stage.start(parallel())
    nodes = [text("a"), Node(id="join", kind="join")]
    other = await stage.version(run, drawn(nodes, "start>a", "a>join", "join>output"))
    with pytest.raises(NotForkable) as wrong:
        await stage.fork(run, version=other, **{"from": {"node_id": "b"}})
    (problem,) = wrong.value.problems
    assert (problem.node_id, problem.code) == ("b", "step_is_gone")
    assert problem.fix
    plan = await stage.plan(run, version=other)
    assert {s.node_id for s in plan.again if s.why == "gone"} == {"b", "x", "y"}
    assert (await stage.fork(run, version=other)).output == {"a": {"text": "a"}}


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"from": {"node_id": "nowhere"}}, "no_such_step"),
        ({"from": {"node_id": "b", "path": "rows:1"}}, "no_such_step"),
        ({"edits": [{"node_id": "a", "output": 1, "port": "sideways"}]}, "unknown_port"),
        ({"modes": {"nobody": {"mode": "live"}}}, "no_such_node"),
        ({"modes": {"a": {"mode": "mocked", "port": "sideways"}}}, "unknown_port"),
    ],
)
async def test_what_cannot_be_forked_is_refused(stage: Stage, wanted: dict[str, Any], code: str) -> None:
    run = await stage.start(parallel())
    with pytest.raises(NotForkable) as wrong:
        await stage.fork(run, **wanted)
    assert [p.code for p in wrong.value.problems] == [code]


async def test_an_edit_that_would_be_lost_is_refused(stage: Stage) -> None:
    run = await stage.start(mapped(), {"rows": [1, 2]})
    edits = [{"node_id": "first", "path": "rows:1", "output": 5}]
    with pytest.raises(NotForkable) as wrong:
        await stage.fork(run, edits=edits, **{"from": {"node_id": "start"}})
    assert wrong.value.problems[0].code == "edit_is_lost"


async def test_a_plan_names_the_side_effects_and_changes_nothing(stage: Stage) -> None:
    get = Node(id="charge", kind="http_request", name="Charge card", config={"url": "http://127.0.0.1:1/x"})
    get = get.model_copy(update={"on_error": "default", "default_output": 0})
    nodes = [text("a"), get, code("later", "1")]
    run = await stage.start(drawn(nodes, "start>a", "a>charge", "charge>later", "later>output"))
    plan = await stage.plan(run, **{"from": {"node_id": "a"}})
    assert [(s.node_id, s.effects, s.again) for s in plan.side_effects] == [
        ("charge", ["external"], 1), ("later", ["code"], 1),
    ]  # fmt: skip
    assert plan.statement == "Happens again: Charge card."
    assert {s.node_id for s in plan.kept} == {"start"}
    mocked = await stage.plan(
        run, **{"from": {"node_id": "a"}, "modes": {"charge": {"mode": "mocked", "output": 1}}}
    )
    assert mocked.statement == "No side effect happens again."
    async with db.database().reading() as session:
        assert len(await forking.repository.last_of(session, stage.by.team_id, [run.workflow_id])) == 1


async def test_a_mocked_node_is_not_played(stage: Stage) -> None:
    run = await stage.start(parallel())
    modes = {"b": {"mode": "mocked", "output": {"text": "mock"}}}
    fork = await stage.fork(run, modes=modes, **{"from": {"node_id": "a"}})
    assert fork.output["b"] == {"text": "mock"}
    given = [
        e.data.get("given") for e in await events(fork) if e.kind == "step.succeeded" and e.node_id == "b"
    ]
    assert given == ["mocked"]


async def test_who_may_start_may_fork_and_nobody_else(stage: Stage) -> None:
    run = await stage.start(parallel())
    viewer = (await people.person(stage.by.team_id, "viewer")).by
    stranger = (await made.world()).by
    for verb, wanted in (
        (forking.fork, ForkRun()),
        (forking.retry, RetryRun()),
        (forking.replay, ReplayRun()),
    ):
        for by, error in ((viewer, NotAllowed), (stranger, NotFound)):
            with pytest.raises(error):
                async with db.database().transaction() as session:
                    await verb(session, by, run.id, wanted)  # type: ignore[operator]


async def test_what_has_not_ended_is_not_retried_but_can_be_forked(stage: Stage) -> None:
    ask = Node(id="ask", kind="human_approval", config={"title": "Well?"})
    run = await stage.start(drawn([text("a"), ask], "start>a", "a>ask", "ask.approved>output"))
    assert run.status == "waiting_person"
    with pytest.raises(WrongState, match="not ended"):
        await stage.retry(run)
    fork = await stage.fork(run, edits=[{"node_id": "a", "output": "other"}])
    assert fork.status == "waiting_person"
    with pytest.raises(WrongState, match="succeeded"):
        await stage.retry(await stage.start(parallel()))


async def test_a_run_from_its_start_keeps_nothing(stage: Stage) -> None:
    run = await stage.start(parallel())
    again = await stage.retry(run, from_start=True)
    assert (again.output, len(await played(again))) == (run.output, 7)


async def test_a_cancelled_run_goes_on_where_it_was(stage: Stage) -> None:
    wait = Node(id="wait", kind="wait", config={"duration": 3600})
    run = await stage.start(
        drawn([text("a"), wait, text("x")], *["start>a", "start>wait", "a>x", "x>output", "wait>output"])
    )
    assert run.status == "waiting_time"
    async with db.database().transaction() as session:
        await forking.service.cancel(session, stage.by, run.id)
    retried = await stage.retry(await made.state(run.id))
    assert retried.status == "waiting_time"
    assert await played(retried) == set()
    assert retried.wake_at == run.wake_at, "the wait goes on, it does not begin anew"


async def test_forks_made_at_once_do_not_disturb_each_other(stage: Stage) -> None:
    run = await stage.start(parallel())
    edits = [[{"node_id": "a", "output": {"text": str(n)}}] for n in range(5)]
    forks = await asyncio.gather(*(stage.forked(run, edits=edit) for edit in edits))
    done = [await stage.play(fork.id) for fork in forks]
    assert [fork.output["b"]["text"] for fork in done] == [f"{n} b" for n in range(5)]


async def test_a_retry_of_a_container_goes_on_in_its_last_try(stage: Stage) -> None:
    def shown(source: str) -> Diagram:
        retry = {"max_attempts": 2, "backoff_seconds": 0}
        rows = Node(
            id="rows", kind="map_list", config={"items": "input.rows"}, retry=Retry.model_validate(retry)
        )
        return drawn([rows, code("one", source, parent="rows")], "start>rows", "rows>output")

    run = await stage.start(shown("6 // item"), {"rows": [1, 0]})
    assert run.status == "failed"
    assert {"rows:0/one", "rows:0:2/one"} <= set(await outputs(run))
    fixed = await stage.version(run, shown("6 // max(item, 1)"))
    plan = await stage.plan(run, version=run.version_id)
    assert {f"{s.path}/{s.node_id}" for s in plan.again} == {"rows:1:2/one", "/rows"}
    done = await stage.retry(run, version=fixed)
    assert (done.status, done.output) == ("succeeded", [6, 6])


async def test_a_retry_of_a_saga_that_was_undone_begins_it_anew_with_new_keys(stage: Stage) -> None:
    """What was undone does not stand, and a receiver must not take the second booking for the first."""
    saga = [
        Node(id="s", kind="saga"), code("book", "1", parent="s", compensate_with="unbook"),
        code("unbook", "2", parent="s"), code("bad", "1 // 0", parent="s"),
    ]  # fmt: skip
    run = await stage.start(drawn(saga, "start>s", "s>output", "book>bad"))
    assert run.error is not None
    assert (run.error["code"], run.error["undone"]) == ("compensated", ["book"])
    again = await stage.retry(run)
    assert await played(again) == {"s:0/book", "s:0/bad", "s:0/unbook", "s"}
    assert again.acting is not None
    assert again.acting["keys_of"] == ""


async def test_a_fork_from_inside_a_saga_that_was_undone_begins_it_anew_and_says_so(stage: Stage) -> None:
    """The rows of what was undone still say that it succeeded; nothing of it holds, though the saga itself was left well."""
    saga = [
        Node(id="s", kind="saga"), code("book", "1", parent="s", compensate_with="unbook", name="Book"),
        code("unbook", "2", parent="s"), code("check", "3", parent="s"), code("bad", "1 // 0", parent="s"),
        text("sorry"),
    ]  # fmt: skip
    run = await stage.start(
        drawn(saga, "start>s", "s>output", "s.compensated>sorry", "sorry>output", "book>check", "check>bad")
    )
    assert run.status == "succeeded", run.error
    after = await stage.plan(run, **{"from": {"node_id": "sorry"}})
    assert "s:0/book" in {f"{step.path}/{step.node_id}" for step in after.kept}
    assert "Stays undone: Book." in after.statement
    inside = {"from": {"node_id": "bad", "path": "s:0"}}
    plan = await stage.plan(run, **inside)
    again = {f"{step.path}/{step.node_id}": step.why for step in plan.again}
    assert {"s:0/book", "s:0/check", "s:0/bad", "s:0/unbook", "/s"} <= again.keys()
    assert again["/s"] == "undone"
    assert "Was undone, so it is done again: Book." in plan.statement
    assert {"s:0/book", "s:0/check", "s:0/bad", "s:0/unbook", "s", "sorry"} <= await played(
        await stage.fork(run, **inside)
    )
    with pytest.raises(forking.NotForkable, match="from its beginning"):
        await stage.fork(run, edits=[{"node_id": "check", "path": "s:0", "output": 4}])
