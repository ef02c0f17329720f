"""Workflows are made, found, renamed, rewritten, published, restored and pinned; other teams see nothing of it."""

import pytest

from backend.core import db
from backend.core.errors import Conflict, NotAllowed, NotFound
from backend.workflows import repository, service, versions
from backend.workflows.diagram import Diagram, Node
from backend.workflows.models import Workflow
from backend.workflows.repository import Page
from backend.workflows.schemas import WorkflowRename
from tests.backend.workflows.conftest import Cast

pytestmark = pytest.mark.db


async def made(cast: Cast, diagram: Diagram | None = None) -> Workflow:
    async with db.database().transaction() as session:
        return await service.create(session, cast.by, diagram)


async def test_a_new_workflow_is_a_start_wired_to_an_output(cast: Cast) -> None:
    workflow = await made(cast)
    async with db.database().reading() as session:
        drawn = await service.draft(session, cast.by, workflow.id)
        problems = await service.problems(session, cast.by, workflow.slug)
    assert [node.kind for node in drawn.diagram.nodes] == ["start", "output"]
    assert (workflow.name, workflow.slug, problems) == ("Untitled", "untitled", [])


async def test_what_is_drawn_comes_back(cast: Cast, greeting: Diagram) -> None:
    workflow = await made(cast, greeting)
    async with db.database().reading() as session:
        assert (await service.draft(session, cast.by, workflow.id)).diagram == greeting


async def test_slugs_come_from_names_and_are_unique_in_a_team(cast: Cast, greeting: Diagram) -> None:
    slugs = [(await made(cast, greeting)).slug for _ in range(3)]
    assert slugs == ["grosse-arger", "grosse-arger-2", "grosse-arger-3"]
    async with db.database().transaction() as session:
        elsewhere = await service.create(session, cast.stranger.by, greeting)
    assert elsewhere.slug == slugs[0]


@pytest.mark.parametrize("name", ["☃", "日本語のワークフロー", "  ", "a/b?c=d", "ΑΒΓ"])
async def test_every_name_gives_a_slug_that_finds_it(cast: Cast, name: str) -> None:
    workflow = await made(cast, Diagram(name=name))
    async with db.database().reading() as session:
        assert (await service.get(session, cast.by, workflow.slug)).id == workflow.id
    assert not set(workflow.slug) & set("/?#% ")


async def test_another_team_finds_nothing_of_it(cast: Cast, greeting: Diagram) -> None:
    workflow = await made(cast, greeting)
    by = cast.stranger.by
    async with db.database().transaction() as session:
        assert (await service.list_(session, by))[0] == []
        for attempt in (
            service.get(session, by, workflow.id),
            service.get(session, by, workflow.slug),
            service.draft(session, by, workflow.id),
            service.replace(session, by, workflow.id, greeting),
            service.rename(session, by, workflow.id, WorkflowRename(name="Mine")),
            service.archive(session, by, workflow.id),
            service.duplicate(session, by, workflow.id),
            versions.publish(session, by, workflow.id),
            versions.pin(session, by, workflow.id),
            versions.list_(session, by, workflow.id),
        ):
            with pytest.raises(NotFound):
                await attempt


async def test_a_viewer_reads_and_changes_nothing(cast: Cast, greeting: Diagram) -> None:
    workflow = await made(cast, greeting)
    by = cast.viewer.by
    async with db.database().transaction() as session:
        assert (await service.draft(session, by, workflow.id)).diagram == greeting
        for attempt in (
            service.create(session, by),
            service.replace(session, by, workflow.id, greeting),
            service.rename(session, by, workflow.id, WorkflowRename(name="Mine")),
            service.archive(session, by, workflow.id),
            service.duplicate(session, by, workflow.id),
            versions.publish(session, by, workflow.id),
            versions.pin(session, by, workflow.id),
        ):
            with pytest.raises(NotAllowed):
                await attempt


async def test_replacing_changes_only_what_differs(cast: Cast, greeting: Diagram) -> None:
    workflow = await made(cast, greeting)
    moved = [n.model_copy(update={"name": "Says"}) if n.id == "say" else n for n in greeting.nodes]
    changed = greeting.model_copy(update={"nodes": tuple(moved), "name": "Renamed"})
    async with db.database().transaction() as session:
        await service.replace(session, cast.by, workflow.id, changed)
        rows = await repository.updates(session, workflow.id)
    assert [row.number for row in rows] == [1, 2]
    assert len(rows[1].data) < 150, "a small edit is a small update"
    async with db.database().transaction() as session:
        drawn = await service.draft(session, cast.by, workflow.id)
        assert drawn.diagram == changed
        assert (await service.get(session, cast.by, "renamed")).name == "Renamed"
        await service.replace(session, cast.by, workflow.id, changed)
        assert len(await repository.updates(session, workflow.id)) == 2, "nothing changed, nothing written"


async def test_publishing_numbers_versions_that_never_change(cast: Cast, greeting: Diagram) -> None:
    workflow = await made(cast, greeting)
    async with db.database().transaction() as session:
        first = await versions.publish(session, cast.by, workflow.id, "the first")
        await service.replace(session, cast.by, workflow.id, greeting.model_copy(update={"name": "Two"}))
        second = await versions.publish(session, cast.by, workflow.id)
    async with db.database().reading() as session:
        listed = await versions.list_(session, cast.by, workflow.id)
        again = await versions.get(session, cast.by, workflow.id, "1")
        published = (await service.get(session, cast.by, workflow.id)).published_version_id
    assert [(v.number, v.message) for v in listed] == [(2, ""), (1, "the first")]
    assert (again.id, Diagram.model_validate(again.diagram)) == (first.id, greeting)
    assert published == second.id


async def test_publishing_a_broken_diagram_tells_everything(cast: Cast, greeting: Diagram) -> None:
    broken = greeting.model_copy(
        update={"nodes": (*greeting.nodes, Node(id="x", kind="nowhere"), Node(id="y", kind="start"))}
    )
    workflow = await made(cast, broken)
    async with db.database().transaction() as session:
        with pytest.raises(versions.NotPublishable) as told:
            await versions.publish(session, cast.by, workflow.id)
    assert {problem.code for problem in told.value.problems} >= {"unknown_kind", "two_starts"}


async def test_restoring_makes_the_draft_what_a_version_was(cast: Cast, greeting: Diagram) -> None:
    workflow = await made(cast, greeting)
    async with db.database().transaction() as session:
        first = await versions.publish(session, cast.by, workflow.id)
        await service.replace(session, cast.by, workflow.id, service.empty("Other"))
    async with db.database().transaction() as session:
        await versions.restore(session, cast.by, workflow.id, first.id)
    async with db.database().reading() as session:
        assert (await service.draft(session, cast.by, workflow.id)).diagram == greeting


async def test_a_run_pins_the_draft_once_and_the_published_by_default(cast: Cast, greeting: Diagram) -> None:
    workflow = await made(cast, greeting)
    async with db.database().transaction() as session:
        default = await versions.pin(session, cast.by, workflow.slug)
        again = await versions.pin(session, cast.by, workflow.id, "draft")
        assert (default.number, again.id) == (None, default.id)
        with pytest.raises(NotFound):
            await versions.pin(session, cast.by, workflow.id, "published")
        published = await versions.publish(session, cast.by, workflow.id)
        await service.replace(session, cast.by, workflow.id, service.empty("Other"))
        assert (await versions.pin(session, cast.by, workflow.id)).id == published.id
        assert (await versions.pin(session, cast.by, workflow.id, "published")).id == published.id
        assert (await versions.pin(session, cast.by, workflow.id, default.id)).id == default.id
        fresh = await versions.pin(session, cast.by, workflow.id, "draft")
        assert fresh.id not in (default.id, published.id)


async def test_an_archived_workflow_is_out_of_the_way(cast: Cast, greeting: Diagram) -> None:
    workflow = await made(cast, greeting)
    async with db.database().transaction() as session:
        await service.archive(session, cast.by, workflow.id)
        assert (await service.list_(session, cast.by))[0] == []
        assert len((await service.list_(session, cast.by, Page(archived=True)))[0]) == 1
        for attempt in (
            service.replace(session, cast.by, workflow.id, greeting),
            versions.pin(session, cast.by, workflow.id),
            versions.publish(session, cast.by, workflow.id),
        ):
            with pytest.raises(Conflict):
                await attempt
        await service.unarchive(session, cast.by, workflow.id)
        assert await versions.pin(session, cast.by, workflow.id)


async def test_the_list_goes_on_where_it_ended(cast: Cast) -> None:
    made_ids = [(await made(cast, Diagram(name=f"W {number}"))).id for number in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    async with db.database().reading() as session:
        while True:
            items, cursor = await service.list_(session, cast.by, Page(limit=2, after=cursor))
            seen += [item.id for item in items]
            if cursor is None:
                break
        found, _ = await service.list_(session, cast.by, Page(search="w 3"))
    assert seen == made_ids[::-1]
    assert [item.name for item in found] == ["W 3"]


async def test_the_short_name_follows_until_something_is_published(cast: Cast, greeting: Diagram) -> None:
    workflow = await made(cast, greeting)
    async with db.database().transaction() as session:
        await service.rename(session, cast.by, workflow.id, WorkflowRename(name="Ask first"))
        assert (await service.get(session, cast.by, "ask-first")).id == workflow.id
        await versions.publish(session, cast.by, workflow.id)
        renamed = await service.rename(session, cast.by, workflow.id, WorkflowRename(name="Ask later"))
        assert (renamed.name, renamed.slug) == ("Ask later", "ask-first")
        await service.rename(session, cast.by, workflow.id, WorkflowRename(slug="ask-later"))
        drawn = (await service.draft(session, cast.by, "ask-later")).diagram
    assert drawn.model_copy(update={"name": greeting.name}) == greeting
    async with db.database().transaction() as session:
        other = await service.create(session, cast.by)
        with pytest.raises(Conflict):
            await service.rename(session, cast.by, other.id, WorkflowRename(slug="ask-later"))
