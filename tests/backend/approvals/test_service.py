"""A question is asked once a visit, shown as it is, and decided once, by who may, on exactly what was shown."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from backend.approvals import service
from backend.approvals.models import Approval
from backend.approvals.schemas import ApprovalPublic
from backend.approvals.service import AlreadyDecided, ChangedMeanwhile
from backend.core import clock, db
from backend.core.errors import Invalid, NotAllowed, NotFound
from backend.engine.ports import StepId
from backend.engine.records import Change, Commit, Fenced
from backend.engine.writer import open_writer
from backend.identity import audit
from backend.identity.principal import Principal
from backend.nodes.kind import Question
from backend.runs import repository
from backend.runs import service as runs
from backend.runs.models import InboxItem
from tests.backend.identity import people
from tests.backend.runs import made

pytestmark = pytest.mark.db
STEP = StepId("approve", "per_item:1", 2)
FORM: dict[str, Any] = {
    "type": "object",
    "properties": {"answer": {"type": "string", "maxLength": 20}},
    "required": ["answer"],
}
QUESTION = Question(title="Send it?", form=FORM, proposal={"answer": "Dear Ünï"})


async def ask(run_id: str, question: Question = QUESTION, step: StepId = STEP) -> str:
    async with db.database().transaction() as session:
        return (await service.request(session, run_id, step, question)).id


async def shown(by: Principal, approval_id: str) -> ApprovalPublic:
    async with db.database().reading() as session:
        return await service.get(session, by, approval_id)


async def decide(by: Principal, approval_id: str, **more: Any) -> ApprovalPublic:
    seen = await shown(by, approval_id)
    words: dict[str, Any] = {"verdict": "approved", "arguments_hash": seen.arguments_hash} | more
    async with db.database().transaction() as session:
        return await service.decide(session, by, approval_id, **words)


async def asked(question: Question = QUESTION, status: str = "waiting_person") -> tuple[made.World, str, str]:
    world = await made.world()
    run_id = await made.run(world, status)
    return world, run_id, await ask(run_id, question)


async def stored(approval_id: str) -> str:
    async with db.database().reading() as session:
        row = await session.get(Approval, approval_id)
    assert row is not None
    return row.status


async def kinds(run_id: str) -> list[str]:
    run = await made.state(run_id)
    async with db.database().reading() as session:
        return [e.kind for e in await repository.events_after(session, run.team_id, run_id, 0, 100)]


async def test_a_visit_that_is_entered_again_finds_its_question(database: db.Database) -> None:
    world, run_id, first = await asked(status="running")
    again = await asyncio.gather(*(ask(run_id) for _ in range(5)))
    other = await ask(run_id, step=StepId("approve", "per_item:1", 3))
    assert set(again) == {first} != {other}
    assert await kinds(run_id) == ["approval.requested", "approval.requested"]
    async with database.reading() as session:
        assert await service.open_count(session, world.by) == 2
        assert {a.id for a in await service.open_for(session, world.by)} == {first, other}


async def test_a_decision_is_stored_with_its_event_its_answer_and_its_audit_entry(
    database: db.Database,
) -> None:
    world, run_id, approval_id = await asked()
    done = await decide(world.by, approval_id, values={"answer": "Yes ☃"}, comment="fine")
    assert (done.status, done.may_decide) == ("approved", False)
    assert done.decision
    assert (done.decision.values, done.decision.decided_by_name) == ({"answer": "Yes ☃"}, "Ada")
    run = await made.state(run_id)
    assert (run.status, run.wake_at) == ("queued", None)
    assert await kinds(run_id) == ["approval.requested", "approval.decided"]
    async with database.reading() as session:
        item = await session.get(InboxItem, (run_id, f"approval:{STEP.key(run_id)}"))
        entries = await audit.list_(session, world.by)
    assert item is not None
    assert item.payload == {
        "verdict": "approved",
        "values": {"answer": "Yes ☃"},
        "comment": "fine",
        "by": world.by.account_id,
    }
    assert entries[0].action == "approval.approved"


async def test_a_live_run_stays_with_its_worker_and_is_marked(database: db.Database) -> None:
    world, run_id, approval_id = await asked(status="running")
    await decide(world.by, approval_id, verdict="rejected")
    run = await made.state(run_id)
    assert run.status == "running"
    assert run.wake_at


async def test_of_a_hundred_clicks_one_wins(database: db.Database) -> None:
    world, run_id, approval_id = await asked()
    crowd = [(await people.person(world.by.team_id, "approver", name=f"P{n}")).by for n in range(20)]

    async def click(number: int) -> bool:
        verdict = "approved" if number % 2 else "rejected"
        try:
            await decide(crowd[number % 20], approval_id, verdict=verdict)
        except AlreadyDecided:
            return False
        return True

    assert sum(await asyncio.gather(*(click(n) for n in range(100)))) == 1
    assert (await kinds(run_id)).count("approval.decided") == 1


async def test_a_decision_binds_to_what_was_shown(database: db.Database) -> None:
    world, run_id, approval_id = await asked()
    old = (await shown(world.by, approval_id)).arguments_hash
    assert await ask(run_id, QUESTION.model_copy(update={"proposal": {"answer": "Other"}})) == approval_id
    with pytest.raises(ChangedMeanwhile):
        await decide(world.by, approval_id, arguments_hash=old)
    done = await decide(world.by, approval_id)
    assert done.decision
    assert done.decision.values == {"answer": "Other"}
    await ask(run_id, QUESTION)
    assert (await shown(world.by, approval_id)).proposal == {"answer": "Other"}, "what is decided stays"


@pytest.mark.parametrize("values", [{"answer": 5}, {}, {"answer": "x" * 21}, {"answer": "a\0"}])
async def test_values_fit_the_form(database: db.Database, values: Any) -> None:
    world, _, approval_id = await asked()
    with pytest.raises(Invalid) as raised:
        await decide(world.by, approval_id, values=values)
    assert raised.value.problems[0].place == "values.answer"
    assert (await shown(world.by, approval_id)).status == "open"


async def test_only_who_is_asked_may_decide(database: db.Database) -> None:
    rules = {"roles": ("approver",), "exclude_requester": True}
    world, _, approval_id = await asked(QUESTION.model_copy(update=rules))
    team_id = world.by.team_id
    editor = (await people.person(team_id, "editor")).by
    admin = (await people.person(team_id, "admin")).by
    starter = Principal(team_id, world.by.account_id, "Ada", ("approver",), "session")
    for by, words in ((editor, "role"), (admin, "other roles"), (starter, "may not decide")):
        assert not (await shown(by, approval_id)).may_decide
        with pytest.raises(NotAllowed, match=words):
            await decide(by, approval_id)
    stranger = (await made.world()).by
    with pytest.raises(NotFound):
        await shown(stranger, approval_id)
    async with database.reading() as session:
        assert await service.open_count(session, starter) == 0
        assert (await service.page(session, stranger)).items == []
    await decide((await people.person(team_id, "approver")).by, approval_id)


async def test_a_question_of_a_run_that_has_ended_is_closed(database: db.Database) -> None:
    world, run_id, approval_id = await asked()
    async with database.transaction() as session:
        await runs.cancel(session, world.by, run_id)
    assert (await shown(world.by, approval_id)).status == "closed"
    assert await stored(approval_id) == "closed"
    with pytest.raises(AlreadyDecided, match="has ended"):
        await decide(world.by, approval_id)


async def test_the_writer_closes_the_questions_of_a_run_that_ends(database: db.Database) -> None:
    """In the transaction of the end; those of other runs, and those that are decided, stay as they are."""
    world, run_id, approval_id = await asked(status="running")
    decided = await ask(run_id, step=StepId("other"))
    await decide(world.by, decided, verdict="rejected")
    elsewhere = await ask(await made.run(world))
    writer = await open_writer(database)
    try:
        for token, left in ((7, "open"), (0, "closed")):
            end = Change("failed", finished=True)
            commit = Commit(run_id, world.by.team_id, token, clock.now(), change=end)
            with suppress(Fenced):
                await writer.submit(commit)
            assert await stored(approval_id) == left
    finally:
        await writer.close()
    assert [await stored(one) for one in (decided, elsewhere)] == ["rejected", "open"]


async def test_of_a_decision_and_the_run_s_end_at_once_neither_waits_for_the_other(
    database: db.Database,
) -> None:
    """The decider holds the question and wants the run, the end holds the run and wants the question."""
    for _ in range(5):
        world, run_id, approval_id = await asked()

        async def cancel(world: made.World = world, run_id: str = run_id) -> None:
            async with database.transaction() as session:
                await runs.cancel(session, world.by, run_id)

        async def click(world: made.World = world, approval_id: str = approval_id) -> None:
            with suppress(AlreadyDecided):
                await decide(world.by, approval_id)

        await asyncio.gather(click(), cancel())
        assert await stored(approval_id) in {"closed", "approved"}
        assert (await made.state(run_id)).status == "cancelled"


async def test_an_overdue_question_expires_once(database: db.Database) -> None:
    late = QUESTION.model_copy(update={"expires_at": clock.now() - timedelta(seconds=1)})
    world, run_id, approval_id = await asked(late)
    with pytest.raises(AlreadyDecided, match="time"):
        await decide(world.by, approval_id)

    async def expire() -> int:
        async with database.transaction() as session:
            return await service.expire_overdue(session)

    assert sum(await asyncio.gather(*(expire() for _ in range(5)))) == 1
    assert (await shown(world.by, approval_id)).status == "expired"
    assert (await made.state(run_id)).status == "queued"


async def test_two_questions_of_one_run_are_decided_apart(database: db.Database) -> None:
    world, run_id, first = await asked(status="running")
    second = await ask(run_id, step=StepId("other"))
    await asyncio.gather(decide(world.by, first), decide(world.by, second, verdict="rejected"))
    assert (await shown(world.by, first)).status == "approved"
    assert (await shown(world.by, second)).status == "rejected"


async def test_an_unusable_form_is_refused_when_asking(database: db.Database) -> None:
    with pytest.raises(Invalid, match="not a valid JSON Schema"):
        await asked(Question(title="?", form={"type": "nonsense"}))
