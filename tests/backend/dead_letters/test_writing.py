"""What the product gives up becomes a letter with its reason, and never ends a worker."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.core import db
from backend.core.errors import Invalid
from backend.dead_letters import service
from backend.worker import repository
from backend.workflows.diagram import Node
from tests.backend.dead_letters import given_up
from tests.backend.dead_letters.given_up import booking, code, letters
from tests.backend.runs import made
from tests.backend.runs.stage import Stage, events, staged
from tests.backend.worker.house import steps

pytestmark = pytest.mark.db
ASKS = Node(id="q", kind="human_approval", config={"title": "Go on?"})


@pytest.fixture
async def stage(database: db.Database) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found


async def test_a_run_over_which_workers_die_is_a_letter_and_a_redrive_goes_on_with_it(stage: Stage) -> None:
    world = await made.published(stage.by, given_up.greeting(), "greeting")
    run_id = await given_up.poisoned(world)
    assert (await made.state(run_id)).status == "failed"
    (letter,) = await letters(stage.by)
    assert (letter.run_id, letter.reason, letter.status) == (run_id, "poison", "open")
    assert (letter.run_status, letter.workflow_name) == ("failed", "Chain")
    assert "5 attempts" in letter.message
    assert await given_up.redrive(stage.by, letter.id)
    (letter,) = await letters(stage.by)
    assert (letter.status, letter.closed_by) == ("redriven", stage.by.account_id)
    assert letter.new_run_id is not None
    again = await stage.play(letter.new_run_id)
    assert (again.status, again.forked_from_run_id) == ("succeeded", run_id)


async def test_what_a_given_up_run_had_done_in_a_saga_is_undone_before_it_ends(stage: Stage) -> None:
    run = await stage.start(booking(ASKS))
    assert run.status == "waiting_person"
    await given_up.kill_its_worker(run.id, run.team_id)
    row = await made.state(run.id)
    assert (row.status, row.attempts) == ("queued", 0), "a worker is to undo it"
    assert await letters(stage.by) == []
    row = await stage.play(run.id)
    assert row.error is not None
    assert (row.status, row.error["code"], row.error["rollback"]["undone"]) == ("failed", "poison", ["book"])
    assert {s.node_id: s.status for s in await steps(row)}["unbook"] == "succeeded"
    told = [e.kind for e in await events(row)]
    assert [kind for kind in told if kind.startswith("saga.")] == ["saga.compensating", "saga.compensated"]
    assert told[-1] == "run.failed"
    (letter,) = await letters(stage.by)
    assert (letter.reason, letter.message) == ("poison", row.error["message"])


async def test_a_run_that_waits_while_it_is_undone_stays_given_up(stage: Stage) -> None:
    run = await stage.start(booking(ASKS, undo="1 / 0"))
    await given_up.kill_its_worker(run.id, run.team_id)
    assert (await stage.play(run.id)).status == "waiting_person"
    (stuck,) = await letters(stage.by)
    assert stuck.reason == "compensation"
    assert await given_up.discard(stage.by, stuck.id)
    row = await stage.play(run.id)
    assert row.error is not None
    assert (row.status, row.error["code"], row.error["rollback"]["undone"]) == ("failed", "poison", [])
    assert sorted(one.reason for one in await letters(stage.by)) == ["compensation", "poison"]


async def test_where_undoing_kills_workers_too_the_letter_names_what_is_left_standing(stage: Stage) -> None:
    run = await stage.start(booking(ASKS))
    for _ in range(2):
        await given_up.kill_its_worker(run.id, run.team_id)
    row = await made.state(run.id)
    assert row.error is not None
    assert (row.status, row.error["code"]) == ("failed", "poison")
    assert "Undoing its open sagas was given up" in row.error["message"]
    (letter,) = await letters(stage.by)
    async with db.database().reading() as session:
        whole = await service.get(session, stage.by, letter.id)
    (left,) = whole.open_sagas
    assert (left.node_id, left.standing) == ("s", ["book"])


BROKEN: dict[str, Any] = {"quadrille": 1, "name": "Old", "nodes": [{"id": "start", "kind": 7}], "wires": []}
FOREIGN: dict[str, Any] = {"quadrille": 1, "name": "Old", "nodes": [{"id": "a", "kind": "gone_kind"}]}


@pytest.mark.parametrize(("stored", "code_", "words"), [
    (BROKEN, "unreadable", "nodes.0.kind"),
    ([1, 2], "unreadable", "cannot be read"),
    (FOREIGN, "cannot_compile", "There is no node kind called 'gone_kind'."),
])  # fmt: skip
async def test_a_diagram_that_cannot_be_played_is_a_letter_and_others_go_on(
    stage: Stage, stored: Any, code_: str, words: str
) -> None:
    world = await made.published(stage.by, given_up.greeting(), "greeting")
    bad = await made.run(world, "queued", input={})
    await given_up.spoil(world.version_id, stored)
    other = await made.published(stage.by, given_up.greeting(), "other")
    good = await made.run(other, "queued", input={})
    taken = await given_up.claimed()
    assert good in taken
    if bad in taken:
        async with db.database().transaction() as session:
            row = await session.get_one(type(await made.state(bad)), bad)
            row.status = "queued"
        assert (await stage.outcome(bad)).status == "failed"
    row = await made.state(bad)
    assert row.error is not None
    assert (row.status, row.error["code"], row.worker_id) == ("failed", code_, None)
    assert [e.kind for e in await events(row)][-1] == "run.failed"
    (letter,) = await letters(stage.by, run=bad)
    assert (letter.reason, letter.node_id) == ("unreadable", None)
    assert words in letter.message
    with pytest.raises(Invalid):
        await given_up.redrive(stage.by, letter.id)
    assert (await letters(stage.by, run=bad))[0].status == "open", "what does not work leaves the letter open"
    mended = await made.version(stage.by, world.workflow_id, given_up.greeting())
    assert await given_up.redrive(stage.by, letter.id, mended)
    (letter,) = await letters(stage.by, run=bad)
    assert letter.new_run_id is not None
    assert (await stage.play(letter.new_run_id)).status == "succeeded"


async def test_a_compensation_is_tried_anew_and_then_settled_by_hand(stage: Stage) -> None:
    run = await stage.start(booking(code("bad", "1 / 0"), undo="1 / 0"))
    assert run.status == "waiting_person"
    (first,) = await letters(stage.by)
    assert (first.reason, first.node_id, first.run_status) == ("compensation", "unbook", "waiting_person")
    assert await given_up.redrive(stage.by, first.id)
    assert not await given_up.redrive(stage.by, first.id)
    row = await stage.play(run.id)
    assert row.status == "waiting_person", "it has failed again"
    second, first = await letters(stage.by)
    assert (second.status, first.status, first.new_run_id) == ("open", "redriven", None)
    assert await given_up.discard(stage.by, second.id, "Unbooked on the phone.")
    row = await stage.play(run.id)
    assert row.error is not None
    assert (row.status, row.error["code"], row.error["skipped"]) == ("failed", "compensated", ["book"])
    assert (await letters(stage.by))[0].note == "Unbooked on the phone."


async def due() -> bool:
    async with db.database().reading() as session:
        return await repository.anything_due(session)


async def test_a_compensation_that_nobody_decided_in_time_stays_open(stage: Stage) -> None:
    run = await stage.start(booking(code("bad", "1 / 0"), undo="1 / 0", decide_within=0.1))
    async with asyncio.timeout(120):
        while run.status == "waiting_person":
            run = await stage.play(run.id) if await due() else run
            await asyncio.sleep(0.02)
    assert run.error is not None
    assert (run.status, run.error["code"]) == ("failed", "compensation_failed")
    (letter,) = await letters(stage.by, status="open")
    with pytest.raises(service.Conflict, match="cannot be tried any more"):
        await given_up.redrive(stage.by, letter.id)
    assert await given_up.discard(stage.by, letter.id)
