"""The overview counts, the heat map finds the slow and the failing, and alarms are raised, told, and then quiet."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select, update

from backend.core import clock, db
from backend.core.errors import Invalid
from backend.core.settings import settings
from backend.inference import breakers
from backend.inference.chat_errors import ModelFailed
from backend.inference.chat_types import ChatReply
from backend.monitoring import heat, overview, service, webhooks
from backend.monitoring.models import AlarmRule
from backend.monitoring.schemas import AlarmPublic, AlarmWish
from backend.notifications import service as notifications
from backend.outgoing.models import Outgoing
from backend.runs.models import EffectRecord, Run, StepRecord
from tests.backend.runs import made

pytestmark = pytest.mark.db


async def ended(world: made.World, status: str, seconds: float = 1, ago: float = 60) -> str:
    """A run that ended so long ago after so many seconds."""
    finished = clock.now() - timedelta(seconds=ago)
    began = finished - timedelta(seconds=seconds)
    return await made.run(world, status, created_at=began, started_at=began, finished_at=finished)


async def raised(world: made.World, kind: str, threshold: float = 1, **more: Any) -> AlarmPublic:
    """An alarm that has been looked at."""
    wish = AlarmWish.model_validate({"kind": kind, "threshold": threshold} | more)
    async with db.database().transaction() as session:
        made_ = await service.create(session, world.by, wish)
    return await looked(made_.id)


async def looked(alarm_id: str) -> AlarmPublic:
    """The alarm after another look."""
    async with db.database().transaction() as session:
        await session.exec(update(AlarmRule).values(look_at=clock.now()))
        await service.look(session)
        row = (await session.exec(select(AlarmRule).where(col(AlarmRule.id) == alarm_id))).one()
        return AlarmPublic.model_validate(row.model_dump() | {"workflow_name": ""})


async def test_R50_the_overview_counts_one_s_own_team(database: db.Database) -> None:
    world, other = await made.world(), await made.world()
    for seconds in range(1, 21):
        await ended(world, "succeeded", seconds)
    for status in ("failed", "failed", "cancelled"):
        await ended(world, status)
    await ended(world, "failed", ago=2 * 86_400)
    await ended(other, "failed")
    for status in ("running", "waiting_person", "waiting_time", "queued"):
        await made.run(world, status)
    async with database.reading() as session:
        found = await overview.overview(session, world.by)
    assert (found.running, found.waiting, found.queued) == (1, 2, 1)
    assert (found.succeeded, found.failed, found.success_rate) == (20, 2, 20 / 22)
    assert (found.p50_seconds, found.p95_seconds) == (11, 20)
    assert sum(hour.succeeded + hour.failed + hour.cancelled for hour in found.hours) == 23
    assert [alarm.code for alarm in found.system.alarms] == ["no_worker"]
    await made.worker()
    async with database.reading() as session:
        assert (await overview.overview(session, world.by)).system.alarms == []


async def paid(world: made.World, run_id: str, node_id: str, cost: float | None) -> None:
    """A model was asked."""
    row = EffectRecord(run_id=run_id, node_id=node_id, team_id=world.by.team_id, n=1, kind="chat", digest="d",
                       model="m/dear", input_tokens=3, output_tokens=4, cost=cost)  # fmt: skip
    async with db.database().transaction() as session:
        session.add(row)


async def test_R50_the_cost_of_today_stands_beside_the_budget(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = clock.now().replace(hour=12)  # midnight does not come in between
    monkeypatch.setattr(clock, "now", lambda: noon)
    world, other = await made.world(), await made.world()
    await paid(world, await made.run(world, "succeeded"), "ask", 2.5)
    await paid(other, await made.run(other, "succeeded"), "ask", 9.0)
    old = await made.run(world, "succeeded", created_at=clock.now() - timedelta(days=2))
    await paid(world, old, "ask", 7.0)
    async with database.reading() as session:
        found = await overview.overview(session, world.by)
    assert (found.cost_today, found.cost_unknown, found.budget) == (2.5, False, None)
    for threshold, minutes in ((100, 1440), (4, 60), (50, 10_080)):
        await raised(world, "cost", threshold, minutes=minutes)
    await paid(world, await made.run(world, "succeeded"), "ask", None)
    async with database.reading() as session:
        found = await overview.overview(session, world.by)
    assert found.cost_unknown
    assert found.budget
    assert (found.budget.most, found.budget.spent, found.budget.minutes) == (4, 2.5, 60)


async def test_R50_a_provider_that_failed_in_a_row_is_shown_as_left_alone(database: db.Database) -> None:
    world = await made.world()

    async def fail() -> ChatReply:
        raise ModelFailed("no")

    for _ in range(settings().breaker_failures):
        with pytest.raises(ModelFailed):
            await breakers.through(world.by.team_id, "openai:gpt", fail)
    async with database.reading() as session:
        (one,) = (await overview.overview(session, world.by)).breakers
        assert (await overview.overview(session, (await made.world()).by)).breakers == []
    assert (one.provider, one.state, one.failures, one.why) == ("openai", "open", 5, "It failed.")
    assert one.until
    alarm = await raised(world, "providers_resting", 1)
    assert alarm.message == "openai failed 5 times in a row. It failed."
    assert not (await raised(world, "providers_resting", 2)).is_raised


async def test_R51_the_heat_of_nodes_by_failure_and_latency(database: db.Database) -> None:
    world = await made.world()
    now = clock.now()
    async with database.transaction() as session:
        for n in range(4):
            run = Run(
                id=f"run_{world.workflow_id}{n}",
                team_id=world.by.team_id,
                workflow_id=world.workflow_id,
                version_id=world.version_id,
                started_by=world.by.account_id,
                created_at=now,
            )
            session.add(run)
            await session.flush()
            for node, ms, status in (
                ("quick", 10, "succeeded"),
                ("slow", 900 + n, "failed" if n < 1 else "succeeded"),
            ):
                step = StepRecord(
                    run_id=run.id,
                    node_id=node,
                    team_id=world.by.team_id,
                    status=status,
                    attempt=1 + (n == 3),
                    started_at=now,
                    finished_at=now + timedelta(milliseconds=ms),
                )
                session.add(step)
    async with database.reading() as session:
        found = await heat.heat(session, world.by, world.workflow_id, runs=3)
    nodes = {node.node_id: node for node in found.nodes}
    assert (found.runs, nodes["quick"].failed, nodes["quick"].p95_ms) == (3, 0, 10)
    assert (nodes["slow"].failed, nodes["slow"].visits, nodes["slow"].retried, nodes["slow"].p95_ms) == (
        0,
        3,
        1,
        903,
    )
    async with database.reading() as session:
        found = await heat.heat(session, world.by, world.workflow_id)
    assert {node.node_id: node.failure_rate for node in found.nodes} == {"quick": 0, "slow": 0.25}
    await paid(world, f"run_{world.workflow_id}3", "slow", 0.25)
    await paid(world, f"run_{world.workflow_id}2", "slow", 0.5)
    async with database.reading() as session:
        found = await heat.heat(session, world.by, world.workflow_id)
    assert {n.node_id: (n.cost, n.tokens) for n in found.nodes} == {"quick": (0, 0), "slow": (0.75, 14)}


async def test_R53_each_alarm_is_raised_by_what_it_looks_for(database: db.Database) -> None:
    world = await made.world()
    kinds: list[tuple[str, float]] = [
        ("consecutive_failures", 3), ("failure_rate", 30), ("error_count", 3), ("latency", 50), ("latency_spike", 3),
    ]  # fmt: skip
    for _ in range(6):
        await ended(world, "succeeded", 2, ago=2 * 86_400)
    for kind, threshold in kinds:
        assert not (await raised(world, kind, threshold)).is_raised, kind
    for _ in range(6):
        await ended(world, "succeeded", 60, ago=30)
    for _ in range(3):
        await ended(world, "failed", ago=20)
    messages = [(await raised(world, kind, threshold)).message for kind, threshold in kinds]
    assert messages == [
        "The last 3 runs failed.",
        "33 % of 9 runs failed in 60 minutes.",
        "3 runs failed in 60 minutes.",
        "5 % of 6 runs took 60.0 seconds or longer in 60 minutes.",
        "Runs take 60.0 seconds; in the 7 days before it was 2.0.",
    ]
    idle = await raised(world, "no_activity", 10)
    assert not idle.is_raised, "it is younger than what it looks for"
    async with database.transaction() as session:
        old = clock.now() - timedelta(hours=1)
        await session.exec(update(AlarmRule).where(col(AlarmRule.id) == idle.id).values(created_at=old))
    assert not (await looked(idle.id)).is_raised, "runs began lately"
    async with database.transaction() as session:
        await session.exec(update(Run).values(created_at=old))
    assert (await looked(idle.id)).message == "No run has begun for 10 minutes."
    await made.run(world, "queued", created_at=old)
    assert (await raised(world, "no_worker", 5)).is_raised


async def test_R53_what_runs_cost_is_watched_one_by_one_and_together(database: db.Database) -> None:
    world = await made.world()
    assert not (await raised(world, "cost_per_run", 1)).is_raised, "nothing was asked"
    for cost in (3.0, 4.0):
        run_id = await made.run(world, "succeeded")
        told: Any = {
            "node_id": "ask",
            "path": "",
            "visit": 1,
            "attempt": 1,
            "n": 1,
            "kind": "chat",
            "digest": "d",
        }
        row = EffectRecord(run_id=run_id, team_id=world.by.team_id, model="m/dear", input_tokens=1,
                           output_tokens=0, cost=cost, **told)  # fmt: skip
        async with database.transaction() as session:
            session.add(row)
    assert (await raised(world, "cost_per_run", 4)).message == f"The run {run_id} has cost $4.00."
    assert (await raised(world, "cost", 7)).message == "Runs have cost $7.00 in 60 minutes."
    assert not (await raised(world, "cost_per_run", 4.5)).is_raised
    assert not (await raised(world, "cost", 7.5)).is_raised


async def test_R53_an_alarm_is_told_once_and_again_after_its_quiet_time(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUADRILLE_SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setenv("QUADRILLE_MAIL_FROM", "quadrille@example.com")
    settings.cache_clear()
    world = await made.world()
    await ended(world, "failed")
    async with database.reading() as session:
        from backend.identity import members

        address = (await members.list_(session, world.by))[0].email
    with pytest.raises(Invalid, match="nobody of your team"):
        await raised(world, "error_count", mail_to=["stranger@example.org"])
    alarm = await raised(world, "error_count", mail_to=[address], webhook="https://hooks.example/a")
    for _ in range(3):
        await looked(alarm.id)
    assert await told() == [("mail", address), ("webhook", "https://hooks.example/a")]
    async with database.reading() as session:
        (notice,) = (await notifications.page(session, world.by)).items
    assert (notice.kind, notice.text) == ("alarm", "1 runs failed in 60 minutes.")
    async with database.transaction() as session:
        before = clock.now() - timedelta(minutes=61)
        await session.exec(update(AlarmRule).values(told_at=before))
    await looked(alarm.id)
    assert len(await told()) == 4
    async with database.transaction() as session:
        await session.exec(update(Run).values(status="succeeded"))
    assert not (await looked(alarm.id)).is_raised
    settings.cache_clear()


async def test_R53_a_chat_gets_a_message_in_its_own_format(database: db.Database) -> None:
    world = await made.world()
    await ended(world, "failed")
    for kind in ("json", "chat"):
        await raised(world, "error_count", webhook=f"https://hooks.example/{kind}", webhook_format=kind)
    async with db.database().reading() as session:
        rows = (await session.exec(select(Outgoing).order_by(col(Outgoing.id)))).all()
    plain, chat = (row.data for row in rows)
    assert plain["alarm"] == "error_count"
    assert list(chat) == ["text"], "what Slack and Mattermost take"
    title, message, link = chat["text"].split("\n")
    assert (title, message) == ("*Runs fail: all workflows*", "1 runs failed in 60 minutes.")
    assert link.endswith("/monitoring")
    assert (
        webhooks.chat_text("a <!channel> *b*", "@all\nx", "l")
        == "*a &lt;!channel&gt; \u2217b\u2217*\n@\u200ball x\nl"
    )


async def told() -> list[tuple[str, str]]:
    async with db.database().reading() as session:
        rows = (await session.exec(select(Outgoing).order_by(col(Outgoing.id)))).all()
    return [(row.sort, row.address) for row in rows]
