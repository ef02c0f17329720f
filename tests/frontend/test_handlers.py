"""What pages do when people act, against the real services on a real database."""

from datetime import timedelta
from typing import Any

import pytest

from backend.approvals.models import Approval as ApprovalRow
from backend.core import clock, db
from backend.core.errors import Invalid, NotAllowed
from backend.engine.ports import StepId
from backend.identity.principal import Principal
from backend.nodes.kind import Question
from backend.runs.models import Worker
from backend.workflows.diagram import Diagram, Node
from frontend.pages.approval import Approval
from frontend.pages.approvals import Approvals
from frontend.pages.dead_letter import DeadLetter
from frontend.pages.dead_letters import DeadLetters
from frontend.pages.run import RunPage
from frontend.pages.runs import Runs
from frontend.pages.start import Start
from frontend.pages.workflows import Workflows
from frontend.state.frame import Frame
from frontend.state.run_ending import Ending
from tests.backend.dead_letters import given_up
from tests.backend.identity import people
from tests.backend.runs import made

FORM = {
    "type": "object",
    "properties": {"answer": {"type": "string", "maxLength": 20}},
    "required": ["answer"],
}


@pytest.fixture
async def world(sqlite_database: db.Database) -> made.World:
    return await made.world(Diagram(name="Empty", nodes=(Node(id="start", kind="start"),)))


async def asked(world: made.World) -> str:
    from backend.approvals import service

    run_id = await made.run(world, "waiting_person")
    question = Question(title="Send it?", message="Now?", form=FORM, proposal={"answer": "Dear Ada"})
    async with db.database().transaction() as session:
        return (await service.request(session, run_id, StepId("approve"), question)).id


def words(event: Any) -> str:
    """The event that a handler gives back, as text."""
    return str(event)


async def test_the_runs_list_shows_the_newest_first(world: made.World, opened: Any) -> None:
    first, second = await made.run(world, "succeeded"), await made.run(world, "failed")
    page = opened(Runs, world.by, "/runs")
    await page.load()
    assert [row.id for row in page.rows] == [second, first]


async def test_a_queued_run_that_nobody_can_play_raises_an_alarm_on_both_pages(
    world: made.World, opened: Any
) -> None:
    run_id = await made.run(world, "queued")
    page = opened(Runs, world.by, "/runs")
    await page.load()
    assert "No worker is alive" in page.alarm
    assert "quadrille worker" in page.alarm_fix
    one = opened(RunPage, world.by, "/runs/[run_id]", run_id=run_id)
    await one.load()
    assert "No worker is alive" in one.alarm
    async with db.database().transaction() as session:
        later = clock.now() + timedelta(seconds=60)
        session.add(Worker(id="w", host="h", pid=1, started_at=later, lease_until=later))
    await page.refresh()
    await one.refresh()
    assert (page.alarm, one.alarm) == ("", "")


async def test_the_runs_list_takes_its_filters_from_the_address(world: made.World, opened: Any) -> None:
    await made.run(world, "succeeded")
    failed = await made.run(world, "failed")
    page = opened(Runs, world.by, "/runs?status=failed")
    await page.load()
    assert [row.id for row in page.rows] == [failed]
    assert page.is_filtered


async def test_a_made_up_filter_shows_everything(world: made.World, opened: Any) -> None:
    await made.run(world, "succeeded")
    page = opened(Runs, world.by, "/runs?status=burnt")
    await page.load()
    assert (len(page.rows), page.status) == (1, "")


async def test_choosing_a_state_keeps_the_word_that_was_searched(world: made.World, opened: Any) -> None:
    page = opened(Runs, world.by, "/runs?text=triage")
    await page.load()
    assert "status=failed&text=triage" in words(await page.show("failed"))


async def test_a_run_shows_its_state(world: made.World, opened: Any) -> None:
    run_id = await made.run(world, "paused")
    page = opened(RunPage, world.by, "/runs/[run_id]", run_id=run_id)
    await page.load()
    assert (page.id, page.status, page.is_over, page.missing) == (run_id, "paused", False, "")


async def test_a_run_of_nobody_says_so(world: made.World, opened: Any) -> None:
    page = opened(RunPage, world.by, "/runs/[run_id]", run_id="run_none")
    await page.load()
    assert page.missing
    assert page.id == ""


async def test_cancelling_a_paused_run_ends_it(world: made.World, opened: Any) -> None:
    run_id = await made.run(world, "paused")
    page = opened(RunPage, world.by, "/runs/[run_id]", run_id=run_id)
    asked = opened(Ending, world.by, "/runs/[run_id]", run_id=run_id)
    await asked.ask(True)
    await asked.say("Wrong customer")
    await asked.cancel()
    await page.load()
    assert (page.status, page.is_over, asked.asking) == ("cancelled", True, False)


async def test_run_again_leads_to_the_new_run(world: made.World, opened: Any) -> None:
    run_id = await made.run(world, "succeeded")
    page = opened(RunPage, world.by, "/runs/[run_id]", run_id=run_id)
    await page.load()
    led = words(await page.again())
    assert "/runs/run_" in led
    assert run_id not in led


async def test_the_inbox_and_its_count_agree(world: made.World, opened: Any) -> None:
    await asked(world)
    page, frame = opened(Approvals, world.by, "/approvals"), opened(Frame, world.by, "/approvals")
    await page.load()
    await frame.load()
    assert len(page.rows) == 1
    assert frame.open_approvals == sum(row.mine for row in page.rows) == 1


async def test_approving_sends_what_was_edited(world: made.World, opened: Any) -> None:
    approval_id = await asked(world)
    page = opened(Approval, world.by, "/approvals/[approval_id]", approval_id=approval_id)
    await page.load()
    await page.set_comment("Shorter.")
    await page.approve({"answer": "Hi Ada", "comment": "Shorter."})
    assert (page.status, page.decision_comment) == ("approved", "Shorter.")
    assert [row.value for row in page.rows] == ["Hi Ada"]


async def test_a_value_that_the_form_refuses_stays_on_the_page(world: made.World, opened: Any) -> None:
    approval_id = await asked(world)
    page = opened(Approval, world.by, "/approvals/[approval_id]", approval_id=approval_id)
    await page.load()
    await page.approve({"answer": "far longer than twenty characters"})
    assert page.status == "open"
    assert page.rows[0].value == "far longer than twenty characters"
    assert page.rows[0].wrong


async def test_rejecting_keeps_the_reason(world: made.World, opened: Any) -> None:
    approval_id = await asked(world)
    page = opened(Approval, world.by, "/approvals/[approval_id]", approval_id=approval_id)
    await page.load()
    await page.set_comment("No such order.")
    await page.reject()
    assert (page.status, page.decision_comment, page.may_decide) == ("rejected", "No such order.", False)


async def test_a_reconnect_keeps_what_is_typed_while_the_question_is_the_same(
    world: made.World, opened: Any
) -> None:
    approval_id = await asked(world)
    page = opened(Approval, world.by, "/approvals/[approval_id]", approval_id=approval_id)
    await page.load()
    await page.set_comment("No such order.")
    await page.ask_to_reject(True)
    assert await page.load() is None  # Reflex loads a page again when its connection is back
    assert (page.comment, page.rejecting, page.changed) == ("No such order.", True, False)
    async with db.database().transaction() as session:
        row = await session.get_one(ApprovalRow, approval_id)
        row.arguments_hash, row.message = "f" * 64, "Now, to everybody?"
    told = await page.load()
    assert "has changed" in words(told)
    assert (page.comment, page.rejecting, page.message) == ("", False, "Now, to everybody?")
    assert page.fingerprint == "f" * 12


async def test_what_is_typed_stays_when_the_question_changes_and_its_fingerprint_is_that_of_what_is_shown(
    world: made.World, opened: Any
) -> None:
    approval_id = await asked(world)
    page = opened(Approval, world.by, "/approvals/[approval_id]", approval_id=approval_id)
    await page.load()
    shown = page.fingerprint  # another one gives the form new fields
    async with db.database().transaction() as session:
        row = await session.get_one(ApprovalRow, approval_id)
        row.arguments_hash, row.message = "f" * 64, "Now, to everybody?"
    await page.refresh()
    assert (page.changed, page.message, page.fingerprint) == (True, "Now?", shown)


async def test_a_decision_of_somebody_else_appears(world: made.World, opened: Any) -> None:
    approval_id = await asked(world)
    address = {"at": "/approvals/[approval_id]", "approval_id": approval_id}
    mine, theirs = opened(Approval, world.by, **address), opened(Approval, world.by, **address)
    await mine.load()
    await theirs.load()
    await theirs.reject()
    await mine.refresh()
    assert mine.status == "rejected"


async def test_the_workflows_list_tells_the_last_run(world: made.World, opened: Any) -> None:
    await made.run(world, "succeeded")
    last = await made.run(world, "failed")
    page = opened(Workflows, world.by, "/workflows")
    await page.load()
    assert [(row.run_status, row.run_href) for row in page.rows] == [("failed", f"/runs/{last}")]


async def test_a_deleted_workflow_can_be_taken_back(world: made.World, opened: Any) -> None:
    page = opened(Workflows, world.by, "/workflows")
    await page.load()
    before = list(page.rows)
    await page.remove(before[0].id)
    assert (page.rows, page.removed_id) == ([], before[0].id)
    await page.take_back()
    assert [row.id for row in page.rows] == [row.id for row in before]
    assert page.removed_id == ""


async def test_an_empty_workflow_opens_in_the_editor(world: made.World, opened: Any) -> None:
    page = opened(Start, world.by, "/")
    assert "/workflows/wf_" in words(await page.begin_empty())


async def test_a_viewer_cannot_start_a_workflow_even_when_the_gate_is_not_there(
    world: made.World, opened: Any
) -> None:
    viewer = Principal(world.by.team_id, world.by.account_id, "Vera", ("viewer",), "session")
    page = opened(Start, viewer, "/")
    with pytest.raises(NotAllowed):
        await page.begin_empty()


async def test_the_frame_says_what_the_person_may_do(world: made.World, opened: Any) -> None:
    viewer = Principal(world.by.team_id, world.by.account_id, "Vera", ("viewer",), "session")
    frame = opened(Frame, viewer, "/")
    await frame.load()
    assert (frame.person, frame.may_edit, frame.may_start, frame.may_steer) == ("Vera", False, False, False)


async def test_letters_are_chosen_and_redriven_and_the_run_says_that_it_was_given_up(
    world: made.World, opened: Any
) -> None:
    gone, kept = await given_up.poisoned(world), await given_up.poisoned(world)
    page, frame = opened(DeadLetters, world.by, "/dead-letters"), opened(Frame, world.by, "/")
    await frame.load()
    await page.load()
    assert frame.open_letters == 2
    assert [row.reason for row in page.rows] == ["poison", "poison"]
    assert page.counts["poison"] == 2
    await page.choose(page.rows[1].id)
    assert page.question == "this letter"
    assert "1 redriven" in words(await page.redrive())
    assert len(page.rows) == 1
    assert page.chosen == []
    await page.choose_all()
    with pytest.raises(Invalid, match="Choose letters, and say why"):
        await page.discard({"note": " "})
    run = opened(RunPage, world.by, "/runs/[run_id]", run_id=kept)
    await run.load()
    assert (run.letter_title, run.letter_status) == ("Workers died over it", "open")
    letter = opened(DeadLetter, world.by, "/dead-letters/[letter_id]", letter_id=page.rows[0].id)
    await letter.load()
    await letter.discard({"note": "Not needed."})
    assert (letter.status, letter.note, letter.closed_by) == ("discarded", "Not needed.", "Ada")
    await frame.count()
    assert frame.open_letters == 0
    assert (await made.state(gone)).status == "failed"


async def test_who_may_not_read_values_is_not_told_what_went_wrong(world: made.World, opened: Any) -> None:
    await given_up.poisoned(world)
    viewer = (await people.person(world.by.team_id, "viewer")).by
    page = opened(DeadLetters, viewer, "/dead-letters")
    await page.load()
    letter = opened(DeadLetter, viewer, "/dead-letters/[letter_id]", letter_id=page.rows[0].id)
    await letter.load()
    assert letter.redacted
    assert "worker died" not in page.rows[0].message + letter.message + letter.details
    with pytest.raises(NotAllowed):
        await letter.redrive()
