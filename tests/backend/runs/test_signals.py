"""Sending signals: stored before they are accepted, once under a key, and only to a run that can still receive them."""

import asyncio

import pytest
from sqlmodel import col, select

from backend.core import db
from backend.core.errors import Conflict, NotAllowed, NotFound
from backend.identity.principal import Principal
from backend.runs import signals, telling
from backend.runs.models import EventWait, InboxItem, TeamEvent
from backend.runs.schemas import EventPublic, SendEvent, SendSignal, SignalPublic
from tests.backend.identity import people
from tests.backend.runs import made
from tests.backend.runs.served import calling, serving

pytestmark = [pytest.mark.db, pytest.mark.redis]
PAID = SendSignal(name="payment.received", key="42", payload={"amount": 5})


@pytest.fixture(autouse=True)
def _redis(database: db.Database, redis_url: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)


async def send(by: Principal, run_id: str, wanted: SendSignal = PAID, key: str | None = None) -> SignalPublic:
    async with db.database().transaction() as session:
        return await signals.send(session, by, run_id, wanted, idempotency_key=key)


async def inbox(run_id: str) -> list[InboxItem]:
    async with db.database().reading() as session:
        return list((await session.exec(select(InboxItem).where(col(InboxItem.run_id) == run_id))).all())


@pytest.mark.parametrize(
    ("status", "then"),
    [
        ("waiting_event", "queued"), ("waiting_person", "queued"), ("queued", "queued"), ("running", "running"),
        ("paused", "paused"),
    ],
)  # fmt: skip
async def test_a_signal_is_kept_and_wakes_a_run_that_waits(status: str, then: str) -> None:
    world = await made.world()
    run_id = await made.run(world, status)
    sent = await send(world.by, run_id)
    assert (await made.state(run_id)).status == then
    assert [row.payload["data"] for row in await inbox(run_id)] == [{"amount": 5}]
    assert sent.repeated is False


async def test_the_same_key_sends_once_and_for_another_signal_is_refused() -> None:
    world = await made.world()
    run_id = await made.run(world, "waiting_event")
    first = await send(world.by, run_id, key="a/b:c")
    again = await send(world.by, run_id, key="a/b:c")
    assert (again.id, again.at, again.repeated) == (first.id, first.at, True)
    assert len(await inbox(run_id)) == 1
    for other in (SendSignal(name="other", key="42"), SendSignal(name=PAID.name, key="42", payload=6)):
        with pytest.raises(Conflict):
            await send(world.by, run_id, other, key="a/b:c")
    await send(world.by, run_id, key="A/B:C")
    assert len(await inbox(run_id)) == 2


async def test_many_who_send_at_once_under_one_key_send_once() -> None:
    world = await made.world()
    run_id = await made.run(world, "waiting_event")
    sent = await asyncio.gather(*(send(world.by, run_id, key="one") for _ in range(8)))
    assert len(await inbox(run_id)) == 1
    assert [one.repeated for one in sent].count(False) == 1


async def test_who_may_not_and_where_it_is_too_late() -> None:
    world = await made.world()
    run_id = await made.run(world, "waiting_event")
    viewer = await people.person(world.by.team_id, "viewer")
    stranger = await people.person(await people.team(), "owner")
    with pytest.raises(NotAllowed):
        await send(viewer.by, run_id)
    with pytest.raises(NotFound):
        await send(stranger.by, run_id)
    for status in ("succeeded", "failed", "cancelled"):
        with pytest.raises(Conflict):
            await send(world.by, await made.run(world, status))


async def test_over_rest_it_is_accepted_with_its_number_and_wrong_ones_are_explained() -> None:
    world = await made.world()
    run_id = await made.run(world, "waiting_event")
    async with serving() as port, calling(port, world.by) as caller:
        address = f"/runs/{run_id}/signals"
        sent = await caller.http.post(address, json=PAID.model_dump(), headers={"Idempotency-Key": "k1"})
        assert sent.status_code == 202, sent.text
        assert sent.json() | {"at": ""} == {
            "id": "k1", "run_id": run_id, "name": PAID.name, "key": "42", "at": "", "repeated": False,
        }  # fmt: skip
        wrong = await caller.http.post(address, json={"name": "No Spaces!", "extra": 1})
        assert wrong.status_code == 422
        assert {problem["place"] for problem in wrong.json()["problems"]} == {"name", "extra"}
    assert len(await inbox(run_id)) == 1


TOLD = SendEvent(topic="order.paid", key="42", payload={"amount": 5})


async def tell(by: Principal, wanted: SendEvent = TOLD, key: str | None = None) -> EventPublic:
    async with db.database().transaction() as session:
        return await telling.send(session, by, wanted, idempotency_key=key)


async def bring() -> int:
    async with db.database().transaction() as session:
        return await signals.send_on(session)


async def waits_for(run_id: str, by: Principal, key: str) -> None:
    async with db.database().transaction() as session:
        session.add(EventWait(run_id=run_id, node_id="wait", team_id=by.team_id, name="order.paid", key=key))


async def test_an_event_from_outside_reaches_every_run_of_the_team_that_waits_for_it() -> None:
    world, stranger = await made.world(), await made.world()
    mine = [await made.run(world, "waiting_event") for _ in range(2)]
    other, foreign = await made.run(world, "waiting_event"), await made.run(stranger, "waiting_event")
    for run_id, by, key in ((mine[0], world.by, "42"), (mine[1], world.by, "42"), (other, world.by, "43"), (foreign, stranger.by, "42")):  # fmt: skip
        await waits_for(run_id, by, key)
    sent = await tell(world.by)
    assert await bring() == 1
    for run_id in mine:
        [item] = await inbox(run_id)
        assert (item.payload["data"], item.payload["by"], item.payload["id"]) == (
            {"amount": 5}, world.by.account_id, sent.id,
        )  # fmt: skip
        assert (await made.state(run_id)).status == "queued"
    assert await inbox(other) == await inbox(foreign) == []


async def test_the_same_key_tells_once_and_for_another_event_or_team_it_is_something_else() -> None:
    world, stranger = await made.world(), await made.world()
    sent = await asyncio.gather(*(tell(world.by, key="one") for _ in range(6)))
    assert [one.repeated for one in sent].count(False) == 1
    assert len({one.id for one in sent}) == 1
    assert (await tell(stranger.by, key="one")).repeated is False
    for other in (SendEvent(topic="other"), SendEvent(topic="order.paid", key="42", payload=6)):
        with pytest.raises(Conflict):
            await tell(world.by, other, key="one")
    async with db.database().reading() as session:
        assert len((await session.exec(select(TeamEvent))).all()) == 2
    viewer = await people.person(world.by.team_id, "viewer")
    with pytest.raises(NotAllowed):
        await tell(viewer.by)


async def test_events_of_the_team_over_rest_are_accepted_or_explained() -> None:
    world = await made.world()
    async with serving() as port, calling(port, world.by) as caller:
        sent = await caller.http.post("/events", json=TOLD.model_dump(), headers={"Idempotency-Key": "k1"})
        assert sent.status_code == 202, sent.text
        assert sent.json() | {"id": "", "at": ""} == {
            "id": "", "topic": "order.paid", "key": "42", "at": "", "repeated": False,
        }  # fmt: skip
        wrong = await caller.http.post("/events", json={"topic": "No Spaces!", "data": 1})
        assert wrong.status_code == 422
        assert {problem["place"] for problem in wrong.json()["problems"]} == {"topic", "data"}
        large = await caller.http.post(
            "/events", content=b'{"topic": "a", "payload": [99999999999999999999]}'
        )
        assert large.status_code == 422
        assert "payload[0]" in large.text
