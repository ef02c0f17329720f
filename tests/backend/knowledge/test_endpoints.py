"""Collections over HTTP: every route by every role, odd names, limits, and what is wrong told as problem details."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import httpx2
import pytest
from fastapi import FastAPI

from app.api import api
from app.guard import Guard
from backend.core import db
from backend.identity.permissions import ROLES, Role
from backend.knowledge import endpoints, shipped
from tests.backend.identity import people
from tests.backend.identity.test_routes_by_role import routes
from tests.backend.inference.conftest import asking, models, shared_worker, worker

__all__ = ["asking", "models", "shared_worker", "worker"]
pytestmark = [pytest.mark.db, pytest.mark.redis, pytest.mark.openvino]

EVERYBODY: set[Role] = set(ROLES)
EDITORS: set[Role] = {"owner", "admin", "editor"}
DOCUMENT = {"source": "pets.md", "text": "# Pets\n\nDogs may come to the office on Fridays."}
# Route -> who may, and a body that is right, in an order in which a team can walk it.
TABLE: dict[tuple[str, str], tuple[set[Role], dict | None]] = {
    ("GET", "/api/v1/collections"): (EVERYBODY, None),
    ("POST", "/api/v1/collections"): (EDITORS, {"name": "House rules"}),
    ("POST", "/api/v1/collections/{name}/documents"): (EDITORS, DOCUMENT),
    ("GET", "/api/v1/collections/{name}/documents"): (EVERYBODY, None),
    ("POST", "/api/v1/collections/{name}/search"): (EVERYBODY, {"query": "puppy at work"}),
    ("DELETE", "/api/v1/collections/{name}/documents/{source:path}"): (EDITORS, None),
    ("DELETE", "/api/v1/collections/{name}"): (EDITORS, None),
}
SOURCES = (
    "handbook/2026/pets.md",
    "/etc/../rules.md",
    "Größe & Maß?.md",
    "規則#1 100%.txt",
    "a//b",
    "https://help.example/a?b=c#d",
    "🐶.md",
)


@pytest.fixture
def app(database: db.Database) -> FastAPI:
    return api()


@pytest.fixture
async def editor(app: FastAPI, worker: object) -> AsyncIterator[httpx2.AsyncClient]:
    """An editor's browser, in a team with the collection `rules`."""
    someone = await people.person(await people.team(), "editor")
    async with people.browser(app, await people.session_token(someone)) as client:
        assert (await client.post("/api/v1/collections", json={"name": "Rules"})).status_code == 201
        yield client


def test_the_table_knows_every_route() -> None:
    assert routes(endpoints.router.routes) == set(TABLE)


def _address(path: str, name: str = "house-rules") -> str:
    return path.replace("{name}", name).replace("{source:path}", "pets.md")


async def _walk(app: FastAPI, token: str) -> dict[tuple[str, str], httpx2.Response]:
    async with people.browser(app, token) as client:
        return {
            (method, path): await client.request(method, _address(path), json=body)
            for (method, path), (_, body) in TABLE.items()
        }


async def test_each_role_may_do_exactly_what_the_table_says(app: FastAPI, worker: object) -> None:
    wrong: list[str] = []
    for role in ROLES:
        team = await people.team()
        if role not in EDITORS:  # somebody else made it before
            owner = await people.session_token(await people.person(team, "owner"))
            async with people.browser(app, owner) as client:
                await client.post("/api/v1/collections", json={"name": "House rules"})
                await client.post("/api/v1/collections/house-rules/documents", json=DOCUMENT)
        token = await people.session_token(await people.person(team, role))
        for (method, path), answer in (await _walk(app, token)).items():
            expected = {200, 201, 204} if role in TABLE[method, path][0] else {403}
            if answer.status_code not in expected:
                wrong.append(f"{role}: {method} {path} -> {answer.status_code} {answer.text}")
    assert not wrong


async def test_nobody_is_told_to_sign_in_everywhere(app: FastAPI, asking: None) -> None:
    for answer in (await _walk(app, "")).values():
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")


async def test_another_team_s_collection_does_not_exist(app: FastAPI, editor: httpx2.AsyncClient) -> None:
    await editor.post("/api/v1/collections/rules/documents", json=DOCUMENT)
    (ours,) = [c for c in (await editor.get("/api/v1/collections")).json()["items"] if not c["builtin"]]
    stranger = await people.session_token(await people.person(await people.team(), "owner"))
    async with people.browser(app, stranger) as client:
        for name in (ours["id"], "rules", "Rules"):
            for (method, path), (_, body) in TABLE.items():
                if "{name}" in path:
                    answer = await client.request(method, _address(path, name), json=body)
                    assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, path)
        listed = (await client.get("/api/v1/collections")).json()["items"]
        assert {one["slug"] for one in listed} == set(shipped.NAMES)
    assert len((await editor.get("/api/v1/collections/rules/documents")).json()["items"]) == 1


async def test_sources_may_be_paths_addresses_and_any_letters(editor: httpx2.AsyncClient) -> None:
    documents = "/api/v1/collections/rules/documents"
    for source in SOURCES:
        added = await editor.post(documents, json=DOCUMENT | {"source": source})
        assert (added.status_code, added.json()["source"]) == (201, source)
    listed = (await editor.get(documents)).json()["items"]
    assert {one["source"] for one in listed} == set(SOURCES)
    for source in SOURCES:
        gone = await editor.delete(f"{documents}/{quote(source, safe='')}")
        assert gone.status_code == 204, (source, gone.text)
        again = await editor.delete(f"{documents}/{quote(source, safe='')}")
        assert again.status_code == 404, source
    assert (await editor.get(documents)).json() == {"items": [], "next_cursor": None}


async def test_a_document_is_found_by_meaning_and_replaced_by_its_source(editor: httpx2.AsyncClient) -> None:
    documents = "/api/v1/collections/rules/documents"
    await editor.post(documents, json=DOCUMENT)
    await editor.post(documents, json={"source": "food.md", "text": "Lunch is served at noon."})
    question = {"query": "Can I bring my puppy?", "limit": 1}
    (best,) = (await editor.post("/api/v1/collections/rules/search", json=question)).json()
    assert (best["source"], best["title"]) == ("pets.md", "Pets")
    assert 0.2 < best["score"] <= 1
    for how, query in (("words", "office on Friday"), ("neighbours", "pets")):
        sent = {"query": query, "by": how}
        found = (await editor.post("/api/v1/collections/rules/search", json=sent)).json()
        assert [one["source"] for one in found] == ["pets.md"], how
    await editor.post(documents, json=DOCUMENT | {"text": "# Animals\n\nNo animals."})
    listed = (await editor.get(documents)).json()["items"]
    assert [(one["source"], one["title"]) for one in listed] == [
        ("food.md", "food.md"),
        ("pets.md", "Animals"),
    ]


# Path, body, status, and the place that the problem names.
WRONG: list[tuple[str, dict, int, str | None]] = [
    ("", {"name": ""}, 422, "body.name"),
    ("", {"name": "   "}, 422, "body.name"),
    ("", {"name": "x" * 81}, 422, "body.name"),
    ("", {"name": "a\0b"}, 422, "body.name"),
    ("", {"name": "Fine", "colour": "red"}, 422, "body.colour"),
    ("", {}, 422, "body.name"),
    ("", {"name": "rules!"}, 409, None),
    ("/rules/documents", {"source": "", "text": "x"}, 422, "body.source"),
    ("/rules/documents", {"source": "x" * 201, "text": "x"}, 422, "body.source"),
    ("/rules/documents", {"source": "a\0", "text": "x"}, 422, "body.source"),
    ("/rules/documents", {"source": "a", "text": "b\0"}, 422, "body.text"),
    ("/rules/documents", {"source": "a", "text": " \n\n "}, 422, "text"),
    ("/rules/documents", {"source": "a", "text": "x" * 1_000_001}, 413, None),
    ("/nothing/documents", DOCUMENT, 404, None),
    ("/rules/search", {"query": ""}, 422, "body.query"),
    ("/rules/search", {"query": "x" * 2_001}, 422, "body.query"),
    ("/rules/search", {"query": "a\0b"}, 422, "query"),
    ("/rules/search", {"query": "a", "limit": 51}, 422, "body.limit"),
    ("/rules/search", {"query": "a", "by": "luck"}, 422, "body.by"),
    ("/nothing/search", {"query": "a"}, 404, None),
]


async def test_what_is_wrong_is_told_with_its_place(editor: httpx2.AsyncClient) -> None:
    for path, body, status, place in WRONG:
        answer = await editor.post(f"/api/v1/collections{path}", json=body)
        assert answer.status_code == status, (body, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["detail"]
        if place:
            assert place in [one["place"] for one in problem["problems"]]


async def test_a_body_that_is_no_text_or_no_object_is_a_problem(editor: httpx2.AsyncClient) -> None:
    headers = {"content-type": "application/json"}
    for text in (b'{"name": "\\ud800"}', b"{", b"\xff", b'{"\\ud800": 1}', b"[1]"):
        answer = await editor.post("/api/v1/collections", content=text, headers=headers)
        assert answer.status_code in {400, 422}, (text, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_over_the_limit_is_refused_before_it_is_read(app: FastAPI, asking: None) -> None:
    token = await people.session_token(await people.person(await people.team(), "editor"))
    async with people.browser(Guard(app), token) as client:  # pyright: ignore[reportArgumentType] - ASGI like the app
        answer = await client.post(
            "/api/v1/collections/rules/documents", json=DOCUMENT | {"text": "x" * 10_000_001}
        )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_the_shipped_help_centre_is_offered_before_anybody_searched(app: FastAPI, asking: None) -> None:
    """Also without an inference worker, and for every team."""
    viewer = await people.session_token(await people.person(await people.team(), "viewer"))
    async with people.browser(app, viewer) as client:
        listed = {one["slug"]: one for one in (await client.get("/api/v1/collections")).json()["items"]}
        assert listed.keys() == {"help-centre", "run-books"}
        offered = listed["help-centre"]
        assert (offered["slug"], offered["builtin"], offered["documents"]) == ("help-centre", True, 12)
        assert offered["created_at"] is None
        inside = (await client.get("/api/v1/collections/help-centre/documents")).json()["items"]
    assert [one["source"] for one in inside] == [one.source for one in shipped.contents("help-centre")]


async def test_the_help_centre_offered_is_the_one_that_is_copied(editor: httpx2.AsyncClient) -> None:
    async def listed() -> dict:
        items = (await editor.get("/api/v1/collections")).json()["items"]
        (found,) = [one for one in items if one["slug"] == "help-centre"]
        return found

    documents = "/api/v1/collections/help-centre/documents"
    before, inside = await listed(), (await editor.get(documents)).json()
    found = await editor.post(f"/api/v1/collections/{before['id']}/search", json={"query": "refund"})
    assert "billing-refunds.md" in [one["source"] for one in found.json()]
    after = await listed()
    assert after["created_at"]
    assert {k: v for k, v in after.items() if k not in {"id", "created_at"}} == {
        k: v for k, v in before.items() if k not in {"id", "created_at"}
    }
    assert (await editor.get(documents)).json() == inside


async def test_the_help_centre_takes_documents_and_cannot_be_removed(editor: httpx2.AsyncClient) -> None:
    for _ in range(2):  # before its first use, and after
        refused = await editor.delete("/api/v1/collections/help_centre")
        assert (refused.status_code, "ships with" in refused.json()["detail"]) == (409, True)
        added = await editor.post("/api/v1/collections/help-centre/documents", json=DOCUMENT)
        assert added.status_code == 201, added.text
    items = (await editor.get("/api/v1/collections/help-centre/documents")).json()["items"]
    assert len(items) == 13
