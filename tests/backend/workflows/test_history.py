"""Versions that are named, compared, restored, and drawn small."""

import httpx2
import pytest

from backend.core import db
from backend.workflows import drafts, service, versions
from backend.workflows.diagram import Comment, Diagram, Node, Position
from tests.backend.workflows.conftest import Cast

pytestmark = pytest.mark.db


def moved(diagram: Diagram, text: str = "Hello") -> Diagram:
    """The same with another text, and its node elsewhere."""
    at = Position(x=200, y=80)
    nodes = (
        n.model_copy(update={"config": {"text": text}, "position": at}) if n.id == "say" else n
        for n in diagram.nodes
    )
    return diagram.model_copy(update={"nodes": tuple(nodes)})


async def test_a_draft_with_errors_may_be_named_but_not_run_from_there(cast: Cast, greeting: Diagram) -> None:
    async with db.database().transaction() as session:
        broken = greeting.model_copy(update={"nodes": (*greeting.nodes, Node(id="x", kind="nothing"))})
        workflow = await service.create(session, cast.by, broken)
        kept = await versions.name(session, cast.by, workflow.id, "Before the holidays", "Half done")
        assert [v.name for v in await versions.list_(session, cast.by, workflow.id)] == [
            "Before the holidays"
        ]
        assert (kept.number, workflow.published_version_id) == (None, None)
        with pytest.raises(versions.NotPublishable):
            await versions.pin(session, cast.by, workflow.id, kept.id)


async def test_restoring_is_itself_a_version_and_loses_neither_the_draft_nor_comments(
    cast: Cast, greeting: Diagram
) -> None:
    async with db.database().transaction() as session:
        workflow = await service.create(session, cast.by, greeting)
        first = await versions.publish(session, cast.by, workflow.id)
        remark = Comment(id="c1", text="Shorter?", node="say")
        later = moved(greeting, "Hi").model_copy(update={"comments": (remark,)})
        await service.replace(session, cast.by, workflow.id, later)
        await versions.restore(session, cast.by, workflow.id, "1")
    async with db.database().transaction() as session:
        names = [v.name or v.number for v in await versions.list_(session, cast.by, workflow.id)]
        assert sorted(map(str, names)) == ["1", "Before version 1 was restored", "Restored version 1"]
        draft = (await service.draft(session, cast.by, workflow.id)).diagram
        assert (draft.nodes, draft.comments) == (greeting.nodes, (remark,))
        listed = await versions.list_(session, cast.by, workflow.id)
        stood = next(v.id for v in listed if v.name.startswith("Before"))
        assert all("diagram" not in v.__dict__ for v in listed), "a list reads no diagrams"
        session.expunge_all()
        before = await versions.get(session, cast.by, workflow.id, stood)
        assert versions.diagram(before) == later
        await versions.restore(session, cast.by, workflow.id, before.id)
        assert len(await versions.list_(session, cast.by, workflow.id)) == 4, (
            "what stood was a version already"
        )
        assert (await versions.get(session, cast.by, workflow.id, first.id)).number == 1


async def test_versions_and_the_draft_are_compared_over_http(
    client: httpx2.AsyncClient, greeting: Diagram
) -> None:
    made = await client.post("/api/v1/workflows", json=greeting.model_dump(mode="json"))
    at = f"/api/v1/workflows/{made.json()['id']}"
    never = await client.get(f"{at}/compare")
    assert (never.status_code, never.json()["fix"]) == (404, "Publish it, or run the draft.")
    await client.post(f"{at}/publish")
    named = (await client.post(f"{at}/versions", json={"name": "As agreed"})).json()
    assert (named["name"], named["number"]) == ("As agreed", None)
    await client.put(at, json=moved(greeting).model_dump(mode="json"))
    told = (await client.get(f"{at}/compare")).json()
    short = (await client.get(f"{at}/compare?diagrams=false")).json()
    assert (short["before"], short["after"], short["changes"]) == (None, None, told["changes"])
    assert (await client.get(at)).json()["edited_since_published"]
    assert [(c["how"], c["id"]) for c in told["changes"]] == [("moved", "say")]
    assert told["before"]["nodes"] != told["after"]["nodes"]
    assert (await client.get(f"{at}/compare", params={"before": named["id"], "after": "1"})).json()[
        "changes"
    ] == []
    assert (await client.get(f"{at}/compare?before=9")).status_code == 404
    assert (await client.post(f"{at}/versions", json={"name": ""})).status_code == 422


async def test_pictures_are_drawn_once_for_each_content(
    client: httpx2.AsyncClient, greeting: Diagram
) -> None:
    made = await client.post("/api/v1/workflows", json=greeting.model_dump(mode="json"))
    at = f"/api/v1/workflows/{made.json()['id']}"
    first = await client.get(f"{at}/thumbnail.svg")
    assert (first.headers["content-type"], first.text.count("<rect")) == ("image/svg+xml", 3)
    known = {"If-None-Match": first.headers["etag"]}
    assert (await client.get(f"{at}/thumbnail.svg", headers=known)).status_code == 304
    await client.post(f"{at}/publish")
    await client.put(at, json=moved(greeting).model_dump(mode="json"))
    assert (await client.get(f"{at}/thumbnail.svg", headers=known)).status_code == 200
    assert (await client.get(f"{at}/versions/1/thumbnail.svg", headers=known)).status_code == 304


async def test_a_log_that_grew_gives_another_picture_in_each_process(cast: Cast, greeting: Diagram) -> None:
    from backend.workflows import pictures

    async with db.database().transaction() as session:
        workflow = await service.create(session, cast.by, greeting)
        first = await pictures.of_draft(session, cast.by, workflow.id)
        assert await pictures.of_draft(session, cast.by, workflow.id) is first
        await drafts.replace(session, workflow, moved(greeting), cast.by.account_id)
        assert (await pictures.of_draft(session, cast.by, workflow.id)).etag != first.etag
