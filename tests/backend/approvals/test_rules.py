"""Who decides a question, how many of them, and what else they may do with it (R41, R42, SEC-19)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.approvals import inbox, reminding, thread
from backend.approvals.problems import AlreadyDecided, ChangedMeanwhile
from backend.core import clock, db
from backend.core.errors import Invalid, NotAllowed
from backend.identity import audit
from backend.nodes import working_hours
from backend.notifications import service as notifications
from backend.runs.models import EffectRecord
from tests.backend.approvals.asked import PAY, asked, decide, member, shown
from tests.backend.runs import made

pytestmark = pytest.mark.db


def pay(**rules: Any):
    return PAY.model_copy(update=rules)


async def test_R42_only_the_members_that_are_named_decide(database: db.Database) -> None:
    world = await made.world()
    bea, carl = await member(world, "Bea"), await member(world, "Carl")
    approval_id = await asked(world, pay(members=(bea.email.upper(),)))
    for by in (carl.by, world.by):
        assert not (await shown(by, approval_id)).may_decide
        with pytest.raises(NotAllowed, match="other people"):
            await decide(by, approval_id)
    async with database.reading() as session:
        (told,) = (await notifications.page(session, bea.by, unread=True)).items
        assert (told.kind, told.link, told.text) == ("approval", f"/approvals/{approval_id}", "Pay it?")
        assert await notifications.unread_count(session, carl.by) == 0
    assert (await decide(bea.by, approval_id)).status == "approved"
    async with database.reading() as session:
        assert await notifications.unread_count(session, bea.by) == 0


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"members": ("nobody@example.com",)}, "Nobody of the team"),
        ({"members": ("{dora}",)}, "may not decide"),
        ({"members": ("{bea}",), "needed": 2}, "only 1 members"),
    ],
)
async def test_R42_a_question_that_nobody_could_decide_is_not_asked(
    database: db.Database, rules: dict[str, Any], words: str
) -> None:
    world = await made.world()
    bea, dora = await member(world, "Bea"), await member(world, "Dora", "viewer")
    rules = rules | {"members": tuple(m.format(bea=bea.email, dora=dora.email) for m in rules["members"])}
    with pytest.raises(Invalid, match=words):
        await asked(world, pay(**rules))


async def test_R42_two_of_three_approve_and_nobody_counts_twice(database: db.Database) -> None:
    world = await made.world()
    bea, carl = await member(world, "Bea"), await member(world, "Carl")
    approval_id = await asked(world, pay(needed=2, exclude_requester=True))
    with pytest.raises(NotAllowed, match="started the run"):
        await decide(world.by, approval_id)
    for _ in range(2):
        once = await decide(bea.by, approval_id, comment="Fine.")
        assert (once.status, [one.name for one in once.approved_by]) == ("open", ["Bea"])
    done = await decide(carl.by, approval_id)
    assert (done.status, done.decision and done.decision.decided_by_name) == ("approved", "Carl")
    async with database.reading() as session:
        actions = [entry.action for entry in await audit.list_(session, world.by)]
    assert actions[0] == "approval.approved"
    assert "approval.vote" in actions


async def test_R42_one_rejection_is_enough(database: db.Database) -> None:
    world = await made.world()
    bea, carl = await member(world, "Bea"), await member(world, "Carl")
    approval_id = await asked(world, pay(needed=2))
    await decide(bea.by, approval_id)
    assert (await decide(carl.by, approval_id, "rejected", comment="No.")).status == "rejected"
    with pytest.raises(AlreadyDecided):
        await decide(world.by, approval_id)


async def test_R42_who_edits_asks_the_others_again(database: db.Database) -> None:
    """An approval is of exact values: with others it does not count, also when the step is entered again meanwhile."""
    world = await made.world()
    bea, carl = await member(world, "Bea"), await member(world, "Carl")
    question = pay(needed=2)
    run_id = await made.run(world, "waiting_person")
    approval_id = await asked(world, question, run_id=run_id)
    seen = await shown(carl.by, approval_id)
    await decide(bea.by, approval_id)
    edited = await decide(carl.by, approval_id, values={"amount": 90})
    assert ([one.name for one in edited.approved_by], edited.proposal) == (["Carl"], {"amount": 90})
    with pytest.raises(ChangedMeanwhile):
        await decide(bea.by, approval_id, arguments_hash=seen.arguments_hash)
    assert await asked(world, question, run_id=run_id) == approval_id
    done = await decide(bea.by, approval_id)
    assert done.decision
    assert (done.status, done.decision.values) == ("approved", {"amount": 90})


async def test_R41_a_question_is_passed_on_and_the_right_to_decide_with_it(database: db.Database) -> None:
    world = await made.world()
    bea, carl = await member(world, "Bea"), await member(world, "Carl")
    dora = await member(world, "Dora", "operator")
    approval_id = await asked(world, pay(members=(bea.email,)))
    async with database.transaction() as session:
        with pytest.raises(Invalid, match="Dora may not decide"):
            await thread.delegate(session, bea.by, approval_id, dora.by.account_id)
        with pytest.raises(NotAllowed):
            await thread.delegate(session, carl.by, approval_id, carl.by.account_id)
        await thread.delegate(session, bea.by, approval_id, carl.by.account_id, "I am away.")
    with pytest.raises(NotAllowed, match="passed this on"):
        await decide(bea.by, approval_id)
    async with database.reading() as session:
        assert [one.id for one in (await inbox.page(session, carl.by, scope="mine")).items] == [approval_id]
        assert (await audit.list_(session, world.by))[0].action == "approval.delegated"
    assert (await decide(carl.by, approval_id)).thread[0].text == "I am away."


async def test_R41_information_is_asked_for_and_given(database: db.Database) -> None:
    world = await made.world()
    bea, dora = await member(world, "Bea"), await member(world, "Dora", "viewer")
    approval_id = await asked(world)
    async with database.transaction() as session:
        with pytest.raises(Invalid, match="may not read"):
            await thread.ask_for_information(session, bea.by, approval_id, "Why?", dora.by.account_id)
        asked_back = await thread.ask_for_information(session, bea.by, approval_id, "Why so much?")
        assert asked_back.info_from
        assert asked_back.info_from.account_id == world.by.account_id
    async with database.transaction() as session:
        with pytest.raises(NotAllowed, match="cannot read"):
            await thread.comment(session, dora.by, approval_id, "Hello.")
        answered = await thread.comment(session, world.by, approval_id, "Two months.")
    assert answered.info_from is None
    assert [(one.kind, one.by_name, one.text) for one in answered.thread] == [
        ("asked", "Bea", "Why so much?"),
        ("answered", "Ada", "Two months."),
    ]
    assert (await shown(dora.by, approval_id)).thread == []


async def test_R42_a_late_question_is_escalated_and_reminded_of_once_a_time(database: db.Database) -> None:
    world = await made.world()
    bea, carl = await member(world, "Bea"), await member(world, "Carl", "admin")
    late = clock.now() - timedelta(seconds=1)
    rules = {"members": (bea.email,), "escalate_at": late, "escalate_to": ("admin",)}
    approval_id = await asked(world, pay(remind_every=0.001, **rules))
    with pytest.raises(NotAllowed):
        await decide(carl.by, approval_id)
    async with database.transaction() as session:
        assert await reminding.tell_due(session) >= 1
    seen = await shown(carl.by, approval_id)
    assert ([one.kind for one in seen.thread], seen.escalated) == (["escalated", "reminded"], True)
    assert (await decide(carl.by, approval_id)).status == "approved"
    async with database.reading() as session:
        assert not await reminding.anything_due(session)


async def test_R42_a_decider_escalates_by_hand(database: db.Database) -> None:
    world = await made.world()
    bea = await member(world, "Bea")
    approval_id = await asked(world, pay(roles=("approver",)))
    async with database.transaction() as session:
        await thread.escalate(session, bea.by, approval_id, "Too much for me.")
    assert (await decide(world.by, approval_id)).status == "approved"


async def test_R40_the_inbox_tells_mine_from_my_groups_and_from_all(database: db.Database) -> None:
    world = await made.world()
    bea, carl = await member(world, "Bea"), await member(world, "Carl")
    mine = await asked(world, pay(members=(bea.email,), priority="urgent"))
    ours = await asked(world, PAY)
    others = await asked(world, pay(members=(carl.email,)))
    async with database.reading() as session:
        found = {
            scope: [one.id for one in (await inbox.page(session, bea.by, scope=scope)).items]
            for scope in ("mine", "groups", "all")
        }
        counted = await inbox.open_count(session, bea.by)
        first = await inbox.page(session, bea.by, limit=1)
    assert found == {"mine": [mine], "groups": [ours], "all": [others, ours, mine]}
    assert (counted, len(first.items)) == (2, 1)


@pytest.mark.parametrize(
    ("begins", "hours", "ends"),
    [
        ("2026-11-20T15:30", 2, "2026-11-23T09:30"),  # Friday 16:30 in Berlin
        ("2026-11-21T10:00", 8, "2026-11-23T16:00"),  # Saturday
        ("2026-10-23T14:00", 2, "2026-10-26T09:00"),  # over the end of summer time
        ("2026-11-17T10:00", 1, "2026-11-17T11:00"),
    ],
)
def test_R42_only_working_hours_count(begins: str, hours: int, ends: str) -> None:
    start = datetime.fromisoformat(begins).replace(tzinfo=UTC)
    found = working_hours.after(start, hours * 3600, "Mon-Fri 09:00-17:00 Europe/Berlin")
    assert found == datetime.fromisoformat(ends).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["always", "Mon-Fri 17:00-09:00", "Mon-Fri 09:00-17:00 Nowhere/At_all"])
def test_R42_hours_that_nobody_understands_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="working hours"):
        working_hours.Hours(text)


async def test_R41_a_question_tells_what_its_run_has_cost_so_far(database: db.Database) -> None:
    world = await made.world()
    approval_id = await asked(world, PAY)
    first = await shown(world.by, approval_id)
    assert first.spent is None
    told: Any = {"node_id": "ask", "n": 1, "kind": "chat", "digest": "d", "model": "m/dear"}
    row = EffectRecord(
        run_id=first.run_id, team_id=world.by.team_id, input_tokens=3, output_tokens=4, cost=0.5, **told
    )
    async with database.transaction() as session:
        session.add(row)
    spent = (await shown(world.by, approval_id)).spent
    assert spent
    assert (spent.tokens, spent.words()) == (7, "$0.5000")
