"""Replay: what models, tools and addresses answered is given again, nothing goes out, and the first difference is told."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text as sql

from backend.approvals import service as approvals
from backend.core import clock, db, http, sandbox
from backend.identity import secrets
from backend.inference import chat, client
from backend.knowledge import search
from backend.runs import signals
from backend.runs.models import Run
from backend.runs.schemas import SendSignal
from backend.workflows.diagram import Diagram, Node, Retry
from tests.backend.runs import made
from tests.backend.runs.stage import Stage, drawn, events, outputs, played, staged, text, until_ended
from tests.http_server import Answer, Asked, Server, json_answer, serving

pytestmark = pytest.mark.db
CANARY = "canary-5up3r-s3cret"


@pytest.fixture
async def stage(database: db.Database, loopback_allowed: None) -> AsyncIterator[Stage]:
    async with staged() as found:
        async with database.transaction() as session:
            await secrets.put(session, found.by, "TOKEN", CANARY)
        yield found


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    times = 0

    def answer(asked: Asked) -> Answer:
        nonlocal times
        times += 1
        if asked.path == "/flaky" and times % 2:
            return Answer(503, b"busy")
        return json_answer(
            {"times": times, "heard": asked.headers.get("authorization", ""), "big": "x" * 6000}
        )

    async with serving(answer) as found:
        yield found


def close_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """No client of the world works any more."""

    async def closed(*_: Any, **__: Any) -> Any:
        raise AssertionError("something went out")

    for place, name in ((http, "request"), (client, "embed"), (client, "embed_array"), (chat, "ask"),
                        (search, "search"), (sandbox, "run_code"), (secrets, "reveal")):  # fmt: skip
        monkeypatch.setattr(place, name, closed)


def call(node_id: str, server: Server, path: str = "", **more: Any) -> Node:
    config = {
        "url": f"{server.url}{path or '/' + node_id}",
        "method": "POST",
        "auth": "bearer",
        "secret": "TOKEN",
    }
    return Node(id=node_id, kind="http_request", config=config, **more)


def worldly(server: Server, question: str = "Say {{ input.word }}") -> Diagram:
    """Everything that a run can ask of the world without an inference worker."""
    script = "turns:\n  - {say: 'Bonjour', when: bonjour}\n  - {say: 'Hello'}"
    retry = Retry(max_attempts=3, backoff_seconds=60)
    nodes = [
        call("post", server),
        Node(id="lots", kind="code", config={"source": "import random\nrandom.random()"}),
        Node(id="when", kind="set_fields", config={"fields": [{"name": "at", "value": "{{ now() }} {{ run.id }}"}]}),
        Node(id="ask", kind="chat_model", config={"model": "scripted/script", "script": script, "prompt": question}),
        call("flaky", server, retry=retry.model_copy(update={"backoff_seconds": 0.01})),
        Node(id="rest", kind="wait", config={"duration": 0.05}),
        Node(id="people", kind="human_approval", config={"title": "Well?", "expires_after": 3600}),
        Node(id="rows", kind="map_list", config={"items": "[1, 2]"}),
        call("row", server, parent="rows"),
    ]  # fmt: skip
    names = ["start", "post", "lots", "when", "ask", "flaky", "rest", "people"]
    wires = [f"{a}>{b}" for a, b in itertools.pairwise(names)]
    return drawn(nodes, *wires, "people.approved>rows", "rows>output")


async def whole(stage: Stage, server: Server) -> Run:
    """A run of it that has ended, with a person's answer."""
    run = await stage.start(worldly(server), {"word": "hi"})
    assert run.status == "waiting_person", run.error
    async with db.database().transaction() as session:
        (asked,) = await approvals.open_for(session, stage.by)
        await approvals.decide(
            session,
            stage.by,
            asked.id,
            verdict="approved",
            arguments_hash=asked.arguments_hash,
            comment="fine",
        )
    run = await stage.play(run.id)
    assert run.status == "succeeded", run.error
    return run


async def steps_told(run: Run) -> list[tuple[str, str | None, str, int]]:
    """The path of a run: what its history says of steps, without waits and the log of requests, which a replay does not do again."""
    left_out = ("step.waiting", "step.logged")
    told = [e for e in await events(run) if e.kind.startswith("step.") and e.kind not in left_out]
    done = [(e.kind, e.node_id, e.path, e.attempt) for e in told if e.kind != "step.started"]
    return sorted(done, key=str)


async def test_a_replay_gives_the_same_without_asking_anybody(
    stage: Stage, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await whole(stage, server)
    asked = len(server.asked)
    close_everything(monkeypatch)
    replayed = await stage.replay(run)
    assert (replayed.status, replayed.trigger, replayed.diverged) == ("succeeded", "replay", None)
    assert replayed.output == run.output
    assert await outputs(replayed) == await outputs(run)
    assert await played(replayed) == await played(run)
    assert len(server.asked) == asked
    assert await steps_told(replayed) == await steps_told(run)
    twice = await stage.replay(replayed)
    assert (twice.diverged, twice.output) == (None, run.output)


async def test_a_replay_tells_where_it_first_differs(
    stage: Stage, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await whole(stage, server)
    other = await stage.version(run, worldly(server, "Say bonjour {{ input.word }}"))
    close_everything(monkeypatch)
    replayed = await stage.replay(run, version=other)
    assert replayed.status == "succeeded", replayed.error
    assert replayed.diverged is not None
    assert (replayed.diverged["node_id"], replayed.diverged["differs"]) == ("ask", "request")
    told = [e for e in await events(replayed) if e.kind == "run.diverged"]
    assert [(e.node_id, e.data["differs"]) for e in told] == [("ask", "request")]


async def test_another_output_is_told_and_a_request_without_an_answer_fails(
    stage: Stage, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await stage.start(drawn([text("a"), text("b")], "start>a", "a>b", "b>output"))
    changed = await stage.version(run, drawn([text("a", "other"), text("b")], "start>a", "a>b", "b>output"))
    replayed = await stage.replay(run, version=changed)
    assert replayed.diverged is not None
    assert (replayed.diverged["node_id"], replayed.diverged["differs"]) == ("a", "output")
    more = await stage.version(run, drawn([text("a"), call("b", server)], "start>a", "a>b", "b>output"))
    close_everything(monkeypatch)
    failed = await stage.replay(run, version=more)
    assert failed.error is not None
    assert (failed.status, failed.error["code"]) == ("failed", "not_recorded")


async def test_a_recorded_failure_fails_again(
    stage: Stage, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [call("gone", server, "/gone")]
    server.answer = lambda asked: Answer(404, b"nothing here")
    run = await stage.start(drawn(nodes, "start>gone", "gone>output"))
    assert run.status == "failed"
    close_everything(monkeypatch)
    replayed = await stage.replay(run)
    assert (replayed.status, replayed.error, replayed.diverged) == ("failed", run.error, None)


async def test_a_try_that_took_too_long_takes_too_long_again_at_once(
    stage: Stage, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer = lambda asked: Answer(200, b"late", delay=5)
    slow = call("slow", server, timeout_seconds=0.2)
    run = await stage.start(drawn([slow], "start>slow", "slow>output"))
    assert run.error is not None
    assert run.error["code"] == "timeout"
    close_everything(monkeypatch)
    replayed = await stage.replay(run)
    assert (replayed.error, replayed.diverged) == (run.error, None)


@pytest.mark.parametrize("inside", ["call", "wait", "slow call"])
async def test_a_container_that_took_too_long_takes_too_long_again_at_once(
    stage: Stage, server: Server, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    server.answer = lambda asked: Answer(200, b"late", delay=5 if asked.path == "/slow" else 0)
    rows = Node(id="rows", kind="map_list", config={"items": "[1]"}, timeout_seconds=0.5, on_error="route")
    late = {
        "call": call("slow", server, parent="rows"),
        "slow call": call("slow", server, parent="rows", timeout_seconds=60),
        "wait": Node(id="slow", kind="wait", config={"duration": 600}, parent="rows"),
    }[inside]
    first = call("first", server, parent="rows")
    nodes = [rows, first, late, text("after", "{{ nodes.rows.code }}")]
    run = await stage.start(drawn(nodes, "start>rows", "first>slow", "rows.error>after", "after>output"))
    while run.status == "waiting_time" and run.wake_at is not None:
        await asyncio.sleep((run.wake_at - clock.now()).total_seconds())
        run = await stage.play(run.id)
    assert run.output == {"text": "timeout"}, run.error
    close_everything(monkeypatch)
    replayed = await stage.replay(run)
    assert (replayed.output, replayed.error, replayed.diverged) == (run.output, None, None)
    # The replay tells of the step that it stopped; the run may have slept, and was woken when it was too late for it.
    others = [[one for one in await steps_told(each) if one[1] != "slow"] for each in (replayed, run)]
    assert others[0] == others[1]


async def test_each_node_of_a_fork_is_live_recorded_or_mocked(stage: Stage, server: Server) -> None:
    nodes = [call("one", server), call("two", server), call("three", server)]
    run = await stage.start(drawn(nodes, "start>one", "one>two", "two>three", "three>output"))
    before = len(server.asked)
    modes = {"one": {"mode": "recorded"}, "two": {"mode": "mocked", "output": {"body": 0}}}
    fork = await stage.fork(run, modes=modes, **{"from": {"node_id": "one"}})
    assert fork.status == "succeeded", fork.error
    assert [asked.path for asked in server.asked[before:]] == ["/three"]
    found = await outputs(fork)
    assert found["one"] == (await outputs(run))["one"]
    assert found["two"] == {"body": 0}
    live = await stage.replay(run, modes={"two": {"mode": "live"}})
    assert [asked.path for asked in server.asked[before + 1 :]] == ["/two"]
    assert live.diverged is None, "what is played live may differ"


async def test_a_replay_of_a_fork_keeps_its_edits_and_mocks(
    stage: Stage, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [call("one", server), text("two", "{{ nodes.one.body }}"), call("three", server)]
    run = await stage.start(drawn(nodes, "start>one", "one>two", "two>three", "three>output"))
    modes = {"three": {"mode": "mocked", "output": "mock"}}
    fork = await stage.fork(run, edits=[{"node_id": "one", "output": {"body": "edited"}}], modes=modes)
    assert (await outputs(fork))["two"] == {"text": "edited"}
    close_everything(monkeypatch)
    replayed = await stage.replay(fork)
    assert (replayed.status, replayed.diverged, replayed.output) == ("succeeded", None, fork.output)


async def test_no_secret_is_recorded(stage: Stage, server: Server) -> None:
    run = await stage.start(drawn([call("post", server)], "start>post", "post>output"))
    assert server.asked[-1].headers["authorization"] == f"Bearer {CANARY}"
    async with db.database().reading() as session:
        connection = await session.connection()
        effects = (await connection.execute(sql("SELECT * FROM effect"))).all()
        blobs = (await connection.execute(sql("SELECT data FROM blob"))).scalars().all()
    assert len(effects) == 1
    assert CANARY not in str(effects)
    from backend.engine import chunks

    assert not any(CANARY.encode() in chunks.unpacked(bytes(data)) for data in blobs)
    assert run.status == "succeeded"


async def test_steps_without_effects_store_none_and_an_answer_is_not_stored_twice(
    stage: Stage, server: Server
) -> None:
    nodes = [text("a"), Node(id="sum", kind="code", config={"source": "{'n': 1 + 1}"})]
    run = await stage.start(drawn(nodes, "start>a", "a>sum", "sum>output"))
    async with db.database().reading() as session:
        rows = await (await session.connection()).execute(
            sql("SELECT node_id, of_output, result FROM effect WHERE run_id = :run"), {"run": run.id}
        )
    assert [tuple(row) for row in rows] in ([("sum", True, None)], [("sum", 1, None)])


async def test_what_has_not_ended_is_not_replayed(stage: Stage) -> None:
    from backend.runs.states import WrongState

    run_id = await made.run(stage.world, "running")
    with pytest.raises(WrongState, match="not ended"):
        await stage.replay(await made.state(run_id))


async def test_a_signal_is_received_again_and_no_event_is_told_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = Node(id="wait", kind="wait_for_event", config={"event": "paid"})
    tell = Node(id="tell", kind="emit_event", config={"topic": "order.done"})
    run = await stage.start(drawn([wait, tell], "start>wait", "wait.received>tell", "tell>output"))
    assert run.status == "waiting_event", run.error
    async with db.database().transaction() as session:
        await signals.send(session, stage.by, run.id, SendSignal(name="paid", payload={"amount": 5}))
    run = await stage.play(run.id)
    assert run.status == "succeeded", run.error
    replayed = await stage.replay(run)
    assert (replayed.status, replayed.diverged, replayed.output) == ("succeeded", None, run.output)
    assert not [e for e in await events(replayed) if e.kind == "event.emitted"]
    async with db.database().reading() as session:
        told = (await (await session.connection()).execute(sql("SELECT count(*) FROM team_event"))).scalar()
    assert told == 1


async def test_a_state_machine_is_replayed_and_forked(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signals by which states were left then are those by which they are left again."""

    def state(name: str, *transitions: dict[str, Any], **config: Any) -> Node:
        return Node(id=name, kind="state", parent="m", config={"transitions": transitions, **config})

    nodes = [
        Node(id="m", kind="state_machine"),
        state("idle", {"name": "go", "event": "go"}, initial=True),
        text("work", "idle {{ index }}", parent="idle"),
        state("busy", {"name": "next"}),
        text("more", "{{ event.data.n }}", parent="busy"),
        state("over", final=True),
        text("end", "over", parent="over"),
    ]
    run = await stage.start(drawn(nodes, "start>m", "m>output", "idle.go>busy", "busy.next>over"))
    assert run.status == "waiting_event", run.error
    async with db.database().transaction() as session:
        await signals.send(session, stage.by, run.id, SendSignal(name="go", payload={"n": 7}))
    run = await stage.play(run.id)
    assert run.status == "succeeded", run.error
    assert (await outputs(run))["m:0/busy:0/more"] == {"text": 7}
    fork = await stage.fork(run, **{"from": {"node_id": "more", "path": "m:0/busy:0"}})
    assert fork.status == "succeeded", fork.error
    assert "m:0/idle:0/work" not in await played(fork)
    assert (await outputs(fork))["m:0/busy:0/more"] == {"text": 7}
    close_everything(monkeypatch)
    replayed = await stage.replay(run)
    assert (replayed.status, replayed.diverged, replayed.output) == ("succeeded", None, run.output)


async def test_a_step_that_was_given_a_kept_result_is_replayed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lots = Node(
        id="lots", kind="code", config={"source": "import random\nrandom.random()"}, cache_seconds=3600
    )
    diagram = drawn([lots], "start>lots", "lots>output")
    first = await stage.start(diagram, slug="one")
    second = await stage.start(diagram, slug="two")
    assert second.output == first.output, "the second was given the result of the first"
    close_everything(monkeypatch)
    replayed = await stage.replay(second)
    assert (replayed.status, replayed.diverged, replayed.output) == ("succeeded", None, second.output)


def racing(server: Server, mode: str, count: int = 1) -> Diagram:
    """Branches that meet; a replay plays those first that are drawn first."""
    join = Node(id="meet", kind="join", config={"mode": mode, "count": count})
    names = ["slow", "middle", "quick"]
    wires = [wire for name in names for wire in (f"start>{name}", f"{name}>meet")]
    choose = Node(id="choose", kind="switch", config={
        "value": "'quick' if 'quick' in nodes.meet else 'slow'", "cases": [{"name": "quick"}]})  # fmt: skip
    nodes = [*(call(name, server) for name in names), join, choose, text("yes"), text("no")]
    return drawn(
        nodes, *wires, "meet>choose", "choose.quick>yes", "choose.else>no", "yes>output", "no>output"
    )


async def raced(stage: Stage, server: Server, mode: str, count: int = 1) -> Run:
    """A run of it in which those that are drawn first come last."""
    may = {"/slow": asyncio.Event(), "/middle": asyncio.Event(), "/quick": None}
    server.answer = lambda asked: Answer(200, asked.path.encode(), until=may[asked.path])
    playing = asyncio.create_task(stage.start(racing(server, mode, count)))
    await until_ended(("quick", "") if count == 2 else ("meet", ""))
    may["/middle"].set()
    await until_ended(("meet", ""))
    may["/slow"].set()
    return await playing


@pytest.mark.parametrize(
    ("mode", "count", "came"), [("any", 1, {"quick"}), ("count", 2, {"quick", "middle"})]
)
async def test_a_join_goes_on_with_those_who_came_first_then(
    stage: Stage, server: Server, monkeypatch: pytest.MonkeyPatch, mode: str, count: int, came: set[str]
) -> None:
    run = await raced(stage, server, mode, count)
    assert run.status == "succeeded", run.error
    assert (await outputs(run))["meet"].keys() == came
    close_everything(monkeypatch)
    replayed = await stage.replay(run)
    assert (replayed.status, replayed.diverged, replayed.output) == ("succeeded", None, run.output)
    assert (await outputs(replayed))["meet"].keys() == came
    assert await steps_told(replayed) == await steps_told(run)
    twice = await stage.replay(replayed)
    assert (twice.diverged, twice.output) == (None, run.output)


async def test_a_join_whose_branch_does_not_come_any_more_goes_on_with_the_others(
    stage: Stage, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await raced(stage, server, "any")
    close_everything(monkeypatch)
    mocked = {"quick": {"mode": "mocked", "output": 0, "port": "error"}}
    diagram = racing(server, "any")
    nodes = tuple(
        node.model_copy(update={"on_error": "route"}) if node.id == "quick" else node
        for node in diagram.nodes
    )
    other = await stage.version(run, diagram.model_copy(update={"nodes": nodes}))
    replayed = await stage.replay(run, version=other, modes=mocked)
    assert replayed.status == "succeeded", replayed.error
    assert "quick" not in (await outputs(replayed))["meet"]
    assert replayed.diverged is not None
    assert replayed.diverged["node_id"] == "meet"


async def test_a_state_that_was_not_left_is_not_waited_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replayed run never came to this state: a replay says so instead of waiting for an event that nobody sends."""

    def machine(event: str) -> Diagram:
        first = {"name": "go", "event": event} if event else {"name": "go"}
        nodes = [
            Node(id="m", kind="state_machine"),
            Node(id="one", kind="state", parent="m", config={"initial": True, "transitions": [first]}),
            Node(id="two", kind="state", parent="m", config={"transitions": [{"name": "on", "event": "on"}]}),
            Node(id="over", kind="state", parent="m", config={"final": True}),
            text("end", "over", parent="over"),
        ]
        ways = ["one.go>over", "two.on>over"] if not event else ["one.go>two", "two.on>over"]
        return drawn(nodes, "start>m", "m>output", *ways)

    run = await stage.start(machine(""))
    assert run.status == "succeeded", run.error
    other = await stage.version(run, machine("go"))
    replayed = await stage.replay(run, version=other)
    assert replayed.error is not None
    assert (replayed.status, replayed.error["code"]) == ("failed", "not_recorded")


async def test_the_events_and_times_of_a_machine_are_those_of_then_and_take_no_time(stage: Stage) -> None:
    """One event that no transition took, one that one took, and a time that passed."""

    def state(name: str, *transitions: dict[str, Any], **config: Any) -> Node:
        return Node(id=name, kind="state", parent="m", config={"transitions": transitions, **config})

    nodes = [
        Node(id="m", kind="state_machine"),
        state("idle", {"name": "go", "event": "go", "guard": "event.data.n > 5"}, initial=True),
        state("rest", {"name": "later", "after": 0.3}),
        state("over", final=True),
        text("end", "{{ index }}", parent="over"),
    ]
    run = await stage.start(drawn(nodes, "start>m", "m>output", "idle.go>rest", "rest.later>over"))
    for n in (1, 7):
        async with db.database().transaction() as session:
            await signals.send(session, stage.by, run.id, SendSignal(name="go", payload={"n": n}))
        run = await stage.play(run.id)
    while run.finished_at is None:
        assert run.wake_at is not None
        await asyncio.sleep(max(0.0, (run.wake_at - clock.now()).total_seconds()) + 0.01)
        run = await stage.play(run.id)
    assert run.status == "succeeded", run.error
    assert {"state.ignored", "step.waiting"} <= {event.kind for event in await events(run)}
    replayed = await stage.replay(run)
    assert (replayed.status, replayed.diverged, replayed.output) == ("succeeded", None, run.output)
    assert not {"state.ignored", "step.waiting"} & {event.kind for event in await events(replayed)}
