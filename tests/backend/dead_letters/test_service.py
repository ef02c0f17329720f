"""The list of dead letters: found, redriven once, discarded with a note, many at once, and nothing told to who may not know."""

import asyncio
from typing import Any

import pytest

from app.api import api
from backend.core import clock, db
from backend.core.errors import NotAllowed, NotFound
from backend.dead_letters import many, repository, service
from backend.dead_letters.schemas import DiscardMany, Given, LetterFilter, RedriveMany
from backend.dead_letters.service import AlreadyClosed
from backend.identity import audit
from backend.runs import service as runs
from backend.runs.redaction import HIDDEN
from backend.runs.repository import Filter
from tests.backend.dead_letters import given_up
from tests.backend.dead_letters.given_up import letters
from tests.backend.identity import people
from tests.backend.runs import made

pytestmark = pytest.mark.db


@pytest.fixture
async def world(database: db.Database) -> made.World:
    return await made.world(given_up.greeting())


async def retries(world: made.World) -> list[str]:
    async with db.database().reading() as session:
        found = await runs.list_(session, world.by, Filter(text="retry"))
    return [run.id for run in found.items]


async def test_two_people_who_click_at_once_make_one_run(world: made.World) -> None:
    await given_up.poisoned(world)
    (letter,) = await letters(world.by)
    other = (await people.person(world.by.team_id, "operator", name="Grace")).by
    done = await asyncio.gather(*(given_up.redrive(by, letter.id) for by in (world.by, other, world.by)))
    assert sorted(done) == [False, False, True]
    (letter,) = await letters(world.by)
    assert await retries(world) == [letter.new_run_id]
    async with db.database().reading() as session:
        entries = [e for e in await audit.list_(session, world.by) if e.subject == letter.id]
    assert [(e.action, e.details["new_run_id"]) for e in entries] == [
        ("dead_letter.redriven", letter.new_run_id)
    ]


async def test_a_letter_is_closed_one_way(world: made.World) -> None:
    await given_up.poisoned(world)
    (letter,) = await letters(world.by)
    assert await given_up.discard(world.by, letter.id, "Not needed any more.")
    assert not await given_up.discard(world.by, letter.id, "Nor by me.")
    with pytest.raises(AlreadyClosed):
        await given_up.redrive(world.by, letter.id)
    (letter,) = await letters(world.by)
    assert (letter.status, letter.note, letter.closed_by_name) == ("discarded", "Not needed any more.", "Ada")
    assert await retries(world) == []


async def test_the_list_is_filtered_and_paged(world: made.World) -> None:
    run_ids = [await given_up.poisoned(world) for _ in range(3)]
    other = await made.published(world.by, given_up.greeting(), "other")
    await given_up.poisoned(other)
    newest = (await letters(world.by))[0]
    await given_up.discard(world.by, newest.id)
    assert len(await letters(world.by)) == 4
    assert [one.run_id for one in await letters(world.by, status="open")] == run_ids[::-1]
    assert await letters(world.by, reason="unreadable") == []
    assert [one.id for one in await letters(world.by, workflow="other")] == [newest.id]
    assert [one.run_id for one in await letters(world.by, text=run_ids[1][8:])] == [run_ids[1]]
    assert len(await letters(world.by, text="ITS WORKER DIED")) == 4
    seen: list[str] = []
    cursor: str | None = None
    async with db.database().reading() as session:
        while True:
            page = await service.list_(session, world.by, LetterFilter(), cursor=cursor, limit=3)
            seen += [one.id for one in page.items]
            cursor = page.next_cursor
            assert (page.open_count, page.open_by_reason) == (3, {"poison": 3})
            if cursor is None:
                break
        assert await repository.open_by_reason(session, None) == {"poison": 3}
    assert seen == [one.id for one in await letters(world.by)]


async def test_many_are_acted_on_each_by_itself(world: made.World) -> None:
    for _ in range(3):
        await given_up.poisoned(world)
    third, second, first = [one.id for one in await letters(world.by)]
    await given_up.discard(world.by, first)
    await given_up.redrive(world.by, second)
    async with db.database().transaction() as session:
        wanted = RedriveMany(ids=[first, second, third, "dl_nobody"])
        answers = (await many.redrive(session, world.by, wanted)).items
    assert [one.outcome for one in answers] == ["refused", "already", "redriven", "refused"]
    assert [bool(one.new_run_id) for one in answers] == [False, True, True, False]
    assert "discarded already" in answers[0].message
    assert len(await retries(world)) == 2
    for _ in range(2):
        await given_up.poisoned(world)
    async with db.database().transaction() as session:
        filter_ = LetterFilter(reason="poison")
        done = await many.discard(session, world.by, DiscardMany(filter=filter_, note="Old."))
    assert ([one.outcome for one in done.items], done.left) == (["discarded", "discarded"], 0)
    assert await letters(world.by, status="open") == []


async def test_R52_a_group_is_redriven_at_a_chosen_rate(world: made.World) -> None:
    for _ in range(3):
        await given_up.poisoned(world)
    ids = [one.id for one in reversed(await letters(world.by))]
    before = clock.now()
    async with db.database().transaction() as session:
        wanted = RedriveMany(filter=LetterFilter(reason="poison"), per_minute=2)
        answers = (await many.redrive(session, world.by, wanted)).items
    assert [one.id for one in answers] == ids
    due = [(await made.state(one.new_run_id or "")).wake_at for one in answers]
    waits = [round((at - before).total_seconds()) for at in due if at]
    assert waits[1] - waits[0] == waits[2] - waits[1] == 30
    assert await given_up.claimed() == [answers[0].new_run_id], "the others are not due yet"


async def test_R52_a_letter_is_redriven_with_another_input_under_the_same_keys(world: made.World) -> None:
    run_id = await given_up.poisoned(world)
    (letter,) = await letters(world.by)
    async with db.database().transaction() as session:
        await service.redrive(session, world.by, letter.id, edited=Given({"name": "Grace"}))
    (letter,) = await letters(world.by)
    run = await made.state(letter.new_run_id or "")
    assert (run.input, run.status, run.trigger) == ({"name": "Grace"}, "queued", "retry")
    assert run.acting
    assert run.acting["keys_of"] == run_id


async def test_what_is_refused_in_the_middle_leaves_nothing_and_tells_nobody(
    world: made.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new run that was rolled back must not be offered to workers."""
    await given_up.poisoned(world)
    (letter,) = await letters(world.by)
    left: list[Any] = []

    async def refuse(*_: Any) -> None:
        raise NotAllowed("No.")

    async with db.database().transaction() as session:
        with monkeypatch.context() as patched:
            patched.setattr(audit, "record", refuse)
            (answer,) = (await many.redrive(session, world.by, RedriveMany(ids=[letter.id]))).items
        left += session.info.get("after_commit", [])
    assert (answer.outcome, left) == ("refused", [])
    assert await retries(world) == []
    assert (await letters(world.by))[0].status == "open"


async def test_roles_decide_what_is_shown_and_done(world: made.World) -> None:
    await given_up.poisoned(world)
    viewer = (await people.person(world.by.team_id, "viewer")).by
    stranger = (await people.person(await people.team(), "owner")).by
    (letter,) = await letters(viewer)
    assert (letter.redacted, letter.message) == (True, HIDDEN)
    assert letter.title == "Workers died over it"
    assert await letters(viewer, text="its worker died") == [], "what is hidden cannot be searched either"
    for act in (given_up.redrive, given_up.discard):
        with pytest.raises(NotAllowed):
            await act(viewer, letter.id)
        with pytest.raises(NotFound):
            await act(stranger, letter.id)
    assert await letters(stranger) == []


async def test_it_is_all_there_over_rest(world: made.World) -> None:
    run_id = await given_up.poisoned(world)
    token = await people.session_token(await people.person(world.by.team_id, "operator"))
    async with people.browser(api(), token) as program:
        page = (await program.get("/api/v1/dead-letters?status=open&reason=poison")).json()
        (found,) = page["items"]
        one = (await program.get(f"/api/v1/dead-letters/{found['id']}")).json()
        assert (one["run_id"], one["open_sagas"], one["details"]["error"]["code"]) == (run_id, [], "poison")
        address = f"/api/v1/dead-letters/{found['id']}"
        nameless = await program.post(f"{address}/discard", json={"note": ""})
        first, second = [await program.post(f"{address}/redrive", json={}) for _ in range(2)]
        assert (nameless.status_code, first.status_code, second.status_code) == (422, 200, 200)
        assert first.json()["new_run_id"] == second.json()["new_run_id"]
        assert (await program.post(f"{address}/discard", json={"note": "x"})).status_code == 409
        none = await program.post("/api/v1/dead-letters/redrive", json={})
        assert none.status_code == 422
        assert (await program.get("/api/v1/dead-letters?cursor=x")).status_code == 422
        assert (await program.get("/api/v1/dead-letters?cursor=dl_0")).json()["items"] == []
