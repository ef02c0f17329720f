"""Events that Quadrille itself tells, events that begin runs, and what becomes of those that cannot."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from backend.core import db
from backend.core.errors import Invalid
from backend.core.settings import settings
from backend.dead_letters import events as event_letters
from backend.dead_letters import service as letters
from backend.dead_letters.models import DeadLetter
from backend.dead_letters.schemas import Given, LetterFilter, LetterPublic
from backend.inference import breakers
from backend.nodes.beginnings import EventStart
from backend.outgoing import news, topics
from backend.runs import signals, telling
from backend.runs.models import EventDelivery, Run, TeamEvent
from backend.runs.schemas import RunPublic, SendEvent
from backend.worker import beginnings
from backend.workflows import event_starts, versions
from backend.workflows import service as workflows
from backend.workflows.diagram import Diagram, Node, Retry
from tests.backend.runs import made
from tests.backend.runs.stage import Stage, drawn, events, outputs, staged
from tests.http_server import json_answer, openai_stream, serving

pytestmark = pytest.mark.db
FIELDS = [{"name": "order", "required": True}, {"name": "pieces", "type": "number", "default": 1}]


@pytest.fixture
async def stage(database: db.Database) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found


def beginning(*rows: dict[str, Any], fields: Sequence[dict[str, Any]] = FIELDS) -> Diagram:
    """A workflow that begins with these events and gives its input."""
    start = Node(id="start", kind="start", config={"fields": list(fields), "events": list(rows)})
    diagram = drawn([Node(id="said", kind="set_fields", config=SAID)], "start>said", "said>output")
    rest = [node for node in diagram.nodes if node.id != "start"]
    return diagram.model_copy(update={"nodes": (start, *rest)})


SAID = {
    "fields": [
        {"name": "order", "value": "{{ input.order }}"},
        {"name": "pieces", "value": "{{ input.pieces }}"},
    ]
}


async def placed(stage: Stage, topic: str = "order.placed", key: str = "", **data: Any) -> None:
    """Tell it, and let a worker look."""
    async with db.database().transaction() as session:
        await telling.send(session, stage.by, SendEvent(topic=topic, key=key, payload=data))
    await looked()


async def looked() -> None:
    """What a worker does with what was told."""
    async with db.database().transaction() as session:
        await signals.send_on(session)
    await beginnings.look()


async def begun(workflow_id: str) -> list[Run]:
    """The runs of a workflow, in the order of their beginning."""
    async with db.database().reading() as session:
        query = select(Run).where(col(Run.workflow_id) == workflow_id).order_by(col(Run.id))
        return list((await session.exec(query)).all())


async def given_up(stage: Stage) -> list[LetterPublic]:
    async with db.database().reading() as session:
        return (await letters.list_(session, stage.by, LetterFilter(reason="event"))).items


async def published(stage: Stage, diagram: Diagram) -> str:
    """The id of a workflow with this diagram."""
    async with db.database().transaction() as session:
        workflow = await workflows.create(session, stage.by, diagram)
        await versions.publish(session, stage.by, workflow.id)
    return workflow.id


async def test_an_event_begins_one_run_however_often_it_is_brought(stage: Stage) -> None:
    rule = {"topic": "order.placed", "only": "event.data.pieces > 1",
            "input": [{"name": "order", "value": "{{ event.data.number }}"}, {"name": "pieces", "value": "{{ event.data.pieces }}"}]}  # fmt: skip
    listens = await published(stage, beginning(rule))
    await placed(stage, number="A-7", pieces=3)
    await placed(stage, number="A-8", pieces=1)
    await placed(stage, "order.other", number="A-9", pieces=9)
    async with db.database().transaction() as session:
        for row in (await session.exec(select(EventDelivery))).all():
            row.status = "due"
            session.add(row)
    await looked()
    (run,) = await begun(listens)
    run = await stage.play(run.id)
    assert (run.trigger, run.output) == ("event", {"order": "A-7", "pieces": 3}), run.error


async def test_an_event_that_does_not_fit_is_a_dead_letter_and_goes_on_from_there(stage: Stage) -> None:
    listens = await published(stage, beginning({"topic": "order.placed"}))
    await placed(stage, pieces="many")
    assert await begun(listens) == []
    (letter,) = await given_up(stage)
    assert (letter.run_id, letter.status, letter.workflow_id) == (None, "open", listens)
    assert "order.placed could not begin" in letter.message
    assert "input.order" in letter.message
    async with db.database().transaction() as session:
        assert await letters.redrive(session, stage.by, letter.id)
    await looked()
    first, again = await given_up(stage)
    assert (first.status, again.status) == ("open", "redriven"), "it fits no better the second time"
    async with db.database().transaction() as session:
        await letters.redrive(session, stage.by, first.id, edited=Given({"order": "A-1", "pieces": 2}))
        assert not await letters.redrive(session, stage.by, first.id), "once"
    await looked()
    (run,) = await begun(listens)
    assert (run.input, run.started_by) == ({"order": "A-1", "pieces": 2}, stage.by.account_id)
    async with db.database().reading() as session:
        shown = await letters.get(session, stage.by, again.id)
    assert shown.details is not None
    assert shown.details["event"]["data"] == {"pieces": "many"}


async def test_what_fails_for_another_reason_is_tried_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    listens = await published(stage, beginning({"topic": "order.placed"}))

    async def away(*_: Any) -> Any:
        raise OSError("the sandbox is away")

    with monkeypatch.context() as broken:
        broken.setattr(EventStart, "given", away)
        broken.setattr(beginnings, "MOST_TRIES", 2)
        await placed(stage, order="A-2")
        assert await given_up(stage) == []
        await due_now()
        await looked()
        assert "the sandbox is away" in (await given_up(stage))[0].message
    await due_now()
    await looked()
    assert await begun(listens) == [], "it waits for somebody now"


async def due_now() -> None:
    async with db.database().transaction() as session:
        for row in (await session.exec(select(EventDelivery))).all():
            row.due_at = row.due_at.replace(year=2020)
            session.add(row)


async def test_one_at_a_time_waits_for_the_run_before(stage: Stage) -> None:
    rule = {"topic": "order.placed", "key": "{{ event.data.order }}", "one_at_a_time": True}
    listens = await published(stage, beginning(rule))
    await placed(stage, order="A", pieces=1)
    await placed(stage, order="A", pieces=2)
    await placed(stage, order="B", pieces=3)
    first, other = await begun(listens)
    assert [run.input["order"] for run in (first, other)] == ["A", "B"]
    await stage.play(first.id)
    await due_now()
    await looked()
    assert [run.input["pieces"] for run in await begun(listens)] == [1, 3, 2]


async def test_many_that_wait_for_one_run_hold_up_nobody_and_keep_their_order(stage: Stage) -> None:
    rule = {"topic": "order.placed", "key": "{{ event.data.order }}", "one_at_a_time": True}
    listens = await published(stage, beginning(rule))
    for n in range(beginnings.AT_ONCE + 5):
        await placed(stage, order="A", pieces=n)
    assert await beginnings.look() == 0, "those that wait are not looked at"
    (first,) = await begun(listens)
    await stage.play(first.id)
    await placed(stage, order="A", pieces=99)
    assert [run.input["pieces"] for run in await begun(listens)] == [0, 1]
    await placed(stage, order="B", pieces=100)
    second, other = (await begun(listens))[1:]
    assert other.input["pieces"] == 100
    await stage.play(second.id)
    await beginnings.look()
    assert (await begun(listens))[-1].input["pieces"] == 2


async def test_events_without_a_key_keep_their_order_too(stage: Stage) -> None:
    listens = await published(stage, beginning({"topic": "order.placed", "one_at_a_time": True}))
    for n in range(3):
        await placed(stage, order="A", pieces=n)
    (first,) = await begun(listens)
    await stage.play(first.id)
    await placed(stage, order="B", pieces=99)
    assert [run.input["pieces"] for run in await begun(listens)] == [0, 1]


async def test_letters_of_events_go_with_time_as_runs_do(stage: Stage) -> None:
    await published(stage, beginning({"topic": "order.placed"}))
    await placed(stage, pieces="many")
    await placed(stage, pieces="some")
    _, closed = await given_up(stage)
    async with db.database().transaction() as session:
        with pytest.raises(Invalid, match="NUL"):
            await letters.redrive(session, stage.by, closed.id, edited=Given({"order": "\0"}))
    async with db.database().transaction() as session:
        await letters.discard(session, stage.by, closed.id, "Not ours.")
    async with db.database().transaction() as session:
        for row in (await session.exec(select(DeadLetter))).all():
            row.created_at, row.closed_at = (
                long_ago(row.created_at),
                row.closed_at and long_ago(row.closed_at),
            )
        for event in (await session.exec(select(TeamEvent))).all():
            event.at = long_ago(event.at)
    await due_now()
    async with db.database().transaction() as session:
        assert await event_letters.forget_old(session) == 1
        assert await signals.forget_old(session) == 1
    (letter,) = await given_up(stage)
    assert letter.status == "open", "somebody has still to decide"


def long_ago(moment: datetime) -> datetime:
    return moment.replace(year=2020)


async def test_two_workers_never_begin_two_runs_of_one_key(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = {"topic": "order.placed", "key": "{{ event.data.order }}", "one_at_a_time": True}
    listens = await published(stage, beginning(rule))
    async with db.database().transaction() as session:
        for pieces in (1, 2):
            data = {"order": "A", "pieces": pieces}
            await telling.send(session, stage.by, SendEvent(topic="order.placed", payload=data))
        await session.flush()
        await signals.send_on(session)
    start, begins, goes_on = beginnings.starting.start, asyncio.Queue[str](), asyncio.Event()

    async def held(*given: Any, **more: Any) -> RunPublic:
        run = await start(*given, **more)
        begins.put_nowait(run.id)
        await goes_on.wait()
        return run

    monkeypatch.setattr(beginnings.starting, "start", held)
    async with asyncio.timeout(60), asyncio.TaskGroup() as workers:
        workers.create_task(beginnings.look())
        await begins.get()
        other = workers.create_task(beginnings.look())
        while not (other.done() or begins.qsize() or await _somebody_waits()):
            await asyncio.sleep(0.01)
        assert begins.empty(), "the second began while the first was not to be seen yet"
        goes_on.set()
    assert len(await begun(listens)) == 1


async def _somebody_waits() -> bool:
    """For a row that another transaction holds; SQLite lets one write at a time."""
    if db.database().is_sqlite:
        return True
    async with db.database().reading() as session:
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool((await (await session.connection()).execute(waiting)).scalar_one())


async def test_runs_that_begin_each_other_come_to_an_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginnings, "MOST_IN_CHAIN", 3)
    rule = {
        "topic": "workflow.events",
        "type": "run.succeeded",
        "input": [{"name": "order", "value": "again"}],
    }
    listens = await published(stage, beginning(rule))
    await stage.start(beginning(), {"order": "first"})
    played = 0
    while fresh := (await _after_a_look(listens))[played:]:
        for run in fresh:
            played += 1
            assert (await stage.play(run.id)).status == "succeeded"
    assert played == 3
    (letter,) = await given_up(stage)
    assert "run 4 of a chain" in letter.message


async def _after_a_look(workflow_id: str) -> list[Run]:
    await looked()
    return await begun(workflow_id)


async def test_nothing_is_told_where_nobody_listens(stage: Stage) -> None:
    await stage.start(beginning(), {"order": "A"})
    async with db.database().reading() as session:
        assert (await session.exec(select(TeamEvent))).all() == []


def waiting(key: str, topic: str = "workflow.events", **more: Any) -> Diagram:
    wait = Node(id="hear", kind="wait_for_event", config={"event": topic, "key": key, **more})
    return drawn([wait], "start>hear", "hear.received>output")


async def test_a_run_waits_for_what_becomes_of_others(stage: Stage) -> None:
    bad = drawn([Node(id="bad", kind="code", config={"source": "1 / 0"})], "start>bad", "bad>output")
    waits = await stage.start(waiting("run.failed"))
    deaf = await stage.start(waiting("run_of_nobody"))
    assert (waits.status, deaf.status) == ("waiting_event", "waiting_event")
    await stage.start(beginning(), {"order": "A"})
    failed = await stage.start(bad)
    await looked()
    await looked()
    waits = await stage.play(waits.id)
    heard = (await outputs(waits))["hear"]
    assert (waits.status, heard["key"]) == ("succeeded", failed.id), waits.error
    assert heard["data"]["type"] == "run.failed"
    assert "division by zero" in heard["data"]["error"]["message"]
    assert (await made.state(deaf.id)).status == "waiting_event"


async def test_nothing_is_lost_between_two_waits_and_no_run_hears_of_itself(stage: Stage) -> None:
    wait = {"event": "workflow.events", "key": "run.succeeded"}
    ask = {"title": "Go on?"}
    nodes = [Node(id="one", kind="wait_for_event", config=wait), Node(id="ask", kind="human_approval", config=ask),
             Node(id="two", kind="wait_for_event", config=wait)]  # fmt: skip
    diagram = drawn(nodes, "start>one", "one.received>ask", "ask.approved>two", "two.received>output")
    run = await stage.start(diagram)
    told = [await stage.start(beginning(), {"order": order}) for order in ("A", "B")]
    await looked()
    run = await stage.play(run.id)
    assert run.status == "waiting_person", run.error
    asked = [event for event in await events(run) if event.kind == "approval.requested"]
    assert asked
    told.append(await stage.start(beginning(), {"order": "C"}))
    await looked()
    async with db.database().reading() as session:
        heard = (await session.exec(select(TeamEvent).order_by(col(TeamEvent.at)))).all()
    by_type = [(event.type, event.key) for event in heard if event.type in ("run.succeeded", "run.asks")]
    assert by_type == [("run.succeeded", told[0].id), ("run.succeeded", told[1].id), ("run.asks", run.id),
                       ("run.succeeded", told[2].id)]  # fmt: skip


async def test_what_concerns_the_installation_is_told_to_every_team_that_listens(stage: Stage) -> None:
    waits = await stage.start(waiting("worker.died", "system.events"))
    async with db.database().transaction() as session:
        await news.tell(session, None, topics.SYSTEM, "worker.died", "wkr_1", {"worker": "wkr_1"})
    await looked()
    waits = await stage.play(waits.id)
    assert (await outputs(waits))["hear"]["data"] == {"type": "worker.died", "worker": "wkr_1"}


async def test_a_provider_that_is_left_alone_begins_a_run_and_its_return_wakes_one(
    stage: Stage, environment: pytest.MonkeyPatch
) -> None:
    well: list[bool] = []
    fields = [{"name": "order", "value": "{{ event.data.provider }}"}, {"name": "pieces", "value": "{{ event.data.failures }}"}]  # fmt: skip
    listens = await published(
        stage, beginning({"topic": "system.events", "type": "breaker.opened", "input": fields})
    )
    waits = await stage.start(waiting("breaker.closed", "system.events"))
    ask = Node(id="ask", kind="chat_model", config={"model": "compatible:tiny", "prompt": "Well?"},
               retry=Retry(max_attempts=2, backoff_seconds=0))  # fmt: skip
    diagram = drawn([ask], "start>ask", "ask>output")
    async with serving(lambda _: openai_stream("Yes.") if well else json_answer({}, 500)) as server:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{server.url}/v1")
        environment.setenv("QUADRILLE_BREAKER_FAILURES", "2")
        settings.cache_clear()
        assert (await stage.start(diagram)).status == "failed"
        assert len(server.asked) == 2
        await looked()
        (run,) = await begun(listens)
        assert run.input == {"order": "compatible", "pieces": 2}
        well.append(True)
        await rested(stage)
        assert (await stage.start(diagram)).status == "succeeded"
        assert (await stage.start(diagram)).status == "succeeded"
    await looked()
    waits = await stage.play(waits.id)
    assert (await outputs(waits))["hear"]["data"] == {
        "type": "breaker.closed",
        "provider": "compatible",
        "of": "models",
    }
    async with db.database().reading() as session:
        told = (
            await session.exec(select(TeamEvent.type).where(col(TeamEvent.name) == "system.events"))
        ).all()
    assert sorted(told) == ["breaker.closed", "breaker.opened"], "once each"


async def test_a_server_that_is_left_alone_is_told_as_a_provider_is(
    stage: Stage, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
    settings.cache_clear()
    well: list[bool] = []
    opened = await stage.start(waiting("breaker.opened", "system.events"))
    closed = await stage.start(waiting("breaker.closed", "system.events"))
    async with serving(lambda _: json_answer({}, 200 if well else 503)) as server:
        config = {"url": server.url, "rest_after": 2, "rest_for": 3600}
        call = Node(id="call", kind="http_request", config=config)
        diagram, host = drawn([call], "start>call", "call>output"), server.url.removeprefix("http://")
        assert [(await stage.start(diagram)).status for _ in range(3)] == ["failed"] * 3
        assert len(server.asked) == 2
        await rested(stage, f"server:{host}")
        assert (await stage.start(diagram)).status == "failed", "one that opens anew was not closed"
        well.append(True)
        await rested(stage, f"server:{host}")
        assert [(await stage.start(diagram)).status for _ in range(2)] == ["succeeded"] * 2
    await looked()
    data = (await outputs(await stage.play(opened.id)))["hear"]["data"]
    assert data.pop("until") > "2026"
    of = {"provider": host, "of": "server"}
    assert data == {"type": "breaker.opened", "failures": 2, "why": "It answered 503.", **of}
    assert (await outputs(await stage.play(closed.id)))["hear"]["data"] == {"type": "breaker.closed", **of}
    async with db.database().reading() as session:
        told = (
            await session.exec(select(TeamEvent.type).where(col(TeamEvent.name) == "system.events"))
        ).all()
    assert sorted(told) == ["breaker.closed", "breaker.opened"], "once each"


async def rested(stage: Stage, name: str = "compatible") -> None:
    """As if the provider's rest were over."""
    await breakers.store().put(f"{stage.by.team_id}:{name}", {"until": "1"}, 60)


async def test_a_publishing_replaces_the_events_and_names_mistakes(stage: Stage) -> None:
    listens = await published(stage, beginning({"topic": "order.placed"}))
    async with db.database().transaction() as session:
        workflow = await session.get_one(event_starts.Workflow, listens)
        await event_starts.replace(session, stage.by, workflow, beginning())
    await placed(stage, order="A")
    assert await begun(listens) == []
    with pytest.raises(Invalid, match="input"):
        await published(stage, beginning({"topic": "a.b", "only": "input.x > 1"}))
    with pytest.raises(ValueError, match="told by Quadrille alone"):
        SendEvent(topic="workflow.events")
