"""Workflows over HTTP: every road a program or page takes, and what it is told when it errs."""

from typing import Any

import httpx2
import pytest

from backend.core import db
from backend.workflows import file, file_write
from backend.workflows.diagram import Diagram
from tests.backend.identity import people
from tests.backend.workflows.conftest import Cast
from tests.backend.workflows.web import api

pytestmark = pytest.mark.db
WORKFLOWS = "/api/v1/workflows"


async def made(client: httpx2.AsyncClient, drawn: Diagram) -> dict[str, Any]:
    answer = await client.post(WORKFLOWS, json=drawn.model_dump(mode="json"))
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{WORKFLOWS}/{answer.json()['id']}"
    return answer.json()


async def test_a_workflow_is_made_from_json_yaml_a_template_or_nothing(
    client: httpx2.AsyncClient, greeting: Diagram
) -> None:
    as_yaml = {"content-type": "application/yaml"}
    answers = [
        await client.post(WORKFLOWS, json=greeting.model_dump(mode="json")),
        await client.post(WORKFLOWS, content=file_write.to_yaml(greeting).encode(), headers=as_yaml),
        await client.post(WORKFLOWS, json={"template": "support-triage"}),
        await client.post(WORKFLOWS, json={"template": "hello-approval", "name": "Mine"}),
        await client.post(WORKFLOWS, json={"name": "Empty one"}),
        await client.post(WORKFLOWS),
    ]
    assert [answer.status_code for answer in answers] == [201] * 6, [answer.text for answer in answers]
    assert [answer.json()["slug"] for answer in answers] == [
        "grosse-arger", "grosse-arger-2", "support-triage", "mine", "empty-one", "untitled",
    ]  # fmt: skip
    listed = (await client.get(WORKFLOWS, params={"limit": 4})).json()
    rest = (await client.get(WORKFLOWS, params={"cursor": listed["next_cursor"]})).json()
    assert len(listed["items"]) + len(rest["items"]) == 6
    assert rest["next_cursor"] is None


async def test_the_draft_is_read_rewritten_checked_and_exported(
    client: httpx2.AsyncClient, greeting: Diagram
) -> None:
    slug = (await made(client, greeting))["slug"]
    assert Diagram.model_validate((await client.get(f"{WORKFLOWS}/{slug}/draft.json")).json()) == greeting
    for format_ in ("yaml", "json"):
        exported = await client.get(f"{WORKFLOWS}/{slug}/export", params={"format": format_})
        assert file.read(exported.content) == greeting
        assert f"{slug}.{format_}" in exported.headers["content-disposition"]
    picture = await client.get(f"{WORKFLOWS}/{slug}/export", params={"format": "svg"})
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert picture.text.startswith("<svg")
    script = await client.get(f"{WORKFLOWS}/{slug}/export", params={"format": "python"})
    assert f"{slug}.py" in script.headers["content-disposition"]
    compile(script.text, "exported.py", "exec")
    assert (await client.get(f"{WORKFLOWS}/{slug}/check")).json() == {"ok": True, "problems": []}
    broken = greeting.model_copy(update={"wires": ()})
    put = await client.put(f"{WORKFLOWS}/{slug}", json=broken.model_dump(mode="json"))
    assert put.status_code == 200
    told = (await client.get(f"{WORKFLOWS}/{slug}/check")).json()
    assert {p["code"] for p in told["problems"]} == {"unreached"}


async def test_versions_are_published_looked_at_and_restored(
    client: httpx2.AsyncClient, greeting: Diagram
) -> None:
    at = f"{WORKFLOWS}/{(await made(client, greeting))['id']}"
    assert (await client.post(f"{at}/publish", json={"message": "first"})).json()["number"] == 1
    assert (await client.post(f"{at}/publish")).json()["number"] == 2
    listed = (await client.get(f"{at}/versions")).json()["items"]
    assert [(v["number"], v["message"], v["diagram"]) for v in listed] == [(2, "", None), (1, "first", None)]
    assert Diagram.model_validate((await client.get(f"{at}/versions/1")).json()["diagram"]) == greeting
    await client.put(at, json=Diagram(name="Gone").model_dump(mode="json"))
    assert (await client.post(f"{at}/publish")).status_code == 422
    restored = await client.post(f"{at}/versions/1/restore")
    assert (restored.json()["name"], restored.json()["published_number"]) == (greeting.name, 2)


async def test_renaming_duplicating_archiving(client: httpx2.AsyncClient, greeting: Diagram) -> None:
    at = f"{WORKFLOWS}/{(await made(client, greeting))['id']}"
    assert (await client.patch(at, json={"name": "New name"})).json()["slug"] == "new-name"
    copied = (await client.post(f"{at}/duplicate")).json()
    assert copied["name"] == "New name (copy)"
    assert (await client.delete(at)).status_code == 204
    assert [w["id"] for w in (await client.get(WORKFLOWS)).json()["items"]] == [copied["id"]]
    assert (await client.post(f"{at}/unarchive")).json()["archived_at"] is None


async def test_a_wrong_file_is_told_with_line_and_column(client: httpx2.AsyncClient) -> None:
    answer = await client.post(
        WORKFLOWS,
        content=b"quadrille: 1\nnodes:\n  - {id: a, knd: b}\n",
        headers={"content-type": "text/yaml"},
    )
    assert answer.status_code == 422
    problem = answer.json()["problems"][0]
    assert (problem["line"], problem["place"]) == (3, "nodes[0].kind")
    assert answer.json()["code"] == "unreadable_file"
    for body in ({"template": "nothing"}, {"name": 5}, {"template": "support-triage", "nme": 1}):
        assert (await client.post(WORKFLOWS, json=body)).status_code in (404, 422)


async def test_a_body_that_is_too_large_is_refused(
    client: httpx2.AsyncClient, environment: pytest.MonkeyPatch
) -> None:
    from backend.core.settings import settings

    large = b"#" * (settings().max_input_bytes + 1)
    answer = await client.post(WORKFLOWS, content=large, headers={"content-type": "text/yaml"})
    assert answer.status_code == 413


async def test_other_teams_see_404_viewers_403_and_strangers_401(
    cast: Cast, client: httpx2.AsyncClient, greeting: Diagram
) -> None:
    at = f"{WORKFLOWS}/{(await made(client, greeting))['id']}"
    body = greeting.model_dump(mode="json")

    async def statuses(token: str) -> list[int]:
        async with people.browser(api(), token) as other:
            answers = [
                await other.get(at),
                await other.get(f"{at}/draft.json"),
                await other.put(at, json=body),
                await other.post(f"{at}/publish"),
                await other.delete(at),
            ]
            return [answer.status_code for answer in answers]

    assert await statuses(await people.session_token(cast.stranger)) == [404] * 5
    assert await statuses(await people.session_token(cast.viewer)) == [200, 200, 403, 403, 403]
    assert await statuses("") == [401] * 5


async def test_templates_and_the_schema_are_offered(client: httpx2.AsyncClient) -> None:
    listed = (await client.get("/api/v1/templates")).json()["items"]
    assert listed[0]["name"] == "support-triage"
    assert listed[0]["title"] == "Support triage"
    assert listed[0]["node_count"] == 12
    whole = (await client.get("/api/v1/templates/support-triage")).json()
    assert set(whole["samples"]) == {"good", "needs approval", "fails"}
    assert Diagram.model_validate(whole["diagram"]).name == "Support triage"
    schema = (await client.get("/api/v1/schema/diagram.json")).json()
    assert "kind.say" in schema["$defs"]


async def test_a_draft_with_parts_that_fit_no_diagram_tells_so(
    cast: Cast, client: httpx2.AsyncClient, greeting: Diagram
) -> None:
    import pycrdt

    from backend.workflows import drafts, repository

    workflow_id = (await made(client, greeting))["id"]
    async with db.database().transaction() as session:
        workflow = await repository.lock(session, workflow_id)
        assert workflow is not None
        doc, _ = await drafts.load(session, workflow_id)
        before = doc.get_state()
        nodes = doc.get("nodes", type=pycrdt.Map)
        nodes["say"]["timeout_seconds"] = -5
        nodes["Not an id"] = pycrdt.Map({"kind": "say"})
        nodes["plain"] = 5
        doc.get("wires", type=pycrdt.Map)["x"] = pycrdt.Map({"source": "start"})
        await drafts.append(session, workflow, [(cast.by.account_id, doc.get_update(before))])
    told = (await client.get(f"{WORKFLOWS}/{workflow_id}/check")).json()
    assert {p["node_id"] for p in told["problems"] if p["code"] == "draft_part"} == {
        "say",
        "Not an id",
        "plain",
        None,
    }
    drawn = Diagram.model_validate((await client.get(f"{WORKFLOWS}/{workflow_id}/draft.json")).json())
    assert drawn == greeting
    repaired = await client.put(f"{WORKFLOWS}/{workflow_id}", json=drawn.model_dump(mode="json"))
    assert repaired.status_code == 200
    assert (await client.get(f"{WORKFLOWS}/{workflow_id}/check")).json()["ok"]
