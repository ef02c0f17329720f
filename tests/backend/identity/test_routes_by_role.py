"""Every route of identity, asked by every role, by nobody, and by another team's owner."""

from collections.abc import Iterable

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from backend.identity import endpoints
from backend.identity.permissions import ROLES, Role
from tests.backend.identity import people

ADMINS: set[Role] = {"owner", "admin"}
WORKERS: set[Role] = {"owner", "admin", "editor", "operator"}
EVERYBODY: set[Role] = set(ROLES)
# method and path -> who may, and a body that is right. `{…}` is filled with something of the caller's own team.
TABLE: dict[tuple[str, str], tuple[set[Role], dict | None]] = {
    ("GET", "/api/v1/me"): (EVERYBODY, None),
    ("PUT", "/api/v1/me/shortcuts"): (EVERYBODY, {"shortcuts": {}}),
    ("PATCH", "/api/v1/team"): (ADMINS, {"name": "Blue"}),
    ("GET", "/api/v1/members"): (EVERYBODY, None),
    ("PATCH", "/api/v1/members/{member_id}"): (ADMINS, {"roles": ["viewer"]}),
    ("DELETE", "/api/v1/members/{member_id}"): (ADMINS, None),
    ("GET", "/api/v1/invitations"): (ADMINS, None),
    ("POST", "/api/v1/invitations"): (ADMINS, {"roles": ["viewer"]}),
    ("DELETE", "/api/v1/invitations/{invitation_id}"): (ADMINS, None),
    ("GET", "/api/v1/audit"): (ADMINS, None),
    ("GET", "/api/v1/audit/verdict"): (ADMINS, None),
    ("GET", "/api/v1/keys"): (WORKERS, None),
    ("POST", "/api/v1/keys"): (WORKERS, {"name": "ci", "roles": ["viewer"]}),
    ("DELETE", "/api/v1/keys/{key_id}"): (ADMINS, None),
    ("GET", "/api/v1/secrets"): (WORKERS, None),
    ("PUT", "/api/v1/secrets/{name}"): (ADMINS, {"value": "s3cret"}),
    ("DELETE", "/api/v1/secrets/{name}"): (ADMINS, None),
    ("GET", "/api/v1/sessions"): (EVERYBODY, None),
    ("DELETE", "/api/v1/sessions"): (EVERYBODY, None),
    ("DELETE", "/api/v1/sessions/{session_id}"): (EVERYBODY, None),
    ("DELETE", "/api/v1/session"): (EVERYBODY, None),
}
# These make or check the session themselves; their own tests say what they refuse.
WITHOUT_SESSION = {
    ("POST", "/api/v1/session"),
    ("POST", "/api/v1/session/joined"),
    ("GET", "/auth/oidc"),
    ("GET", "/auth/oidc/callback"),
}


def routes(among: Iterable[object]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for route in among:
        if isinstance(route, APIRoute):
            found |= {(method, route.path) for method in route.methods or ()}
        elif (inner := getattr(route, "original_router", None)) is not None:
            found |= routes(inner.routes)
    return found


def test_the_table_knows_every_route() -> None:
    assert routes(endpoints.router.routes) == set(TABLE) | WITHOUT_SESSION


class Team:
    """A team with one of each thing that a path can name."""

    def __init__(self, owner: people.Person, names: dict[str, str]) -> None:
        self.owner, self.names = owner, names


async def furnished(app: FastAPI) -> Team:
    owner = await people.person(await people.team(), "owner", name="Owner")
    other = await people.person(owner.by.team_id, "viewer", name="Other")
    async with people.browser(app, await people.session_token(owner)) as client:
        invitation = (await client.post("/api/v1/invitations", json={"roles": ["viewer"]})).json()
        key = (await client.post("/api/v1/keys", json={"name": "k", "roles": ["viewer"]})).json()
        await client.put("/api/v1/secrets/smtp", json={"value": "x"})
    names = {
        "member_id": other.member_id,
        "invitation_id": invitation["id"],
        "key_id": key["id"],
        "name": "smtp",
    }
    return Team(owner, names)


async def own_session(app: FastAPI, token: str) -> str:
    async with people.browser(app, token) as client:
        return (await client.get("/api/v1/sessions")).json()[0]["id"]


async def ask(app: FastAPI, token: str, method: str, path: str, body: dict | None):
    async with people.browser(app, token) as client:
        return await client.request(method, path, json=body)


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_may_do_exactly_what_the_table_says(api: FastAPI, role: Role) -> None:
    wrong: list[str] = []
    untouched = await furnished(api)
    for (method, path), (allowed, body) in TABLE.items():
        # What is refused changes nothing, so that those asks can share a team.
        team = await furnished(api) if role in allowed and "{" in path else untouched
        caller = await people.person(team.owner.by.team_id, role, name=role)
        token = await people.session_token(caller)
        names = team.names | {"session_id": await own_session(api, token)}
        answer = await ask(api, token, method, path.format(**names), body)
        refused = {403} if "key_id" not in path else {403, 404}
        if answer.status_code not in ({200, 201, 204} if role in allowed else refused):
            wrong.append(f"{role}: {method} {path} -> {answer.status_code} {answer.text}")
    assert not wrong


async def test_nobody_is_told_to_sign_in_everywhere(api: FastAPI) -> None:
    team = await furnished(api)
    for (method, path), (_, body) in TABLE.items():
        answer = await ask(api, "", method, path.format(**team.names, session_id="ses_1"), body)
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed"), path


async def test_another_team_s_things_do_not_exist(api: FastAPI) -> None:
    ours, theirs = await furnished(api), await furnished(api)
    token = await people.session_token(ours.owner)
    their_session = await own_session(api, await people.session_token(theirs.owner))
    names = theirs.names | {"session_id": their_session, "name": "only_theirs"}
    async with people.browser(api, await people.session_token(theirs.owner)) as client:
        await client.put("/api/v1/secrets/only_theirs", json={"value": "x"})
    for (method, path), (_, body) in TABLE.items():
        if "{" not in path or method == "PUT":
            continue
        answer = await ask(api, token, method, path.format(**names), body)
        assert answer.status_code == 404, f"{method} {path} -> {answer.status_code}"
    for path in ("members", "keys", "secrets", "invitations", "audit", "sessions"):
        text = (await ask(api, token, "GET", f"/api/v1/{path}", None)).text
        assert not [value for value in names.values() if value in text and value != "smtp"], path


@pytest.mark.parametrize("path", ["members/%00", "keys/a%00b", "secrets/%00", "sessions/%00"])
async def test_a_nul_in_the_address_is_refused_politely(api: FastAPI, path: str) -> None:
    ada = await people.person(await people.team(), "owner")
    answer = await ask(api, await people.session_token(ada), "DELETE", f"/api/v1/{path}", None)
    assert answer.status_code in {404, 422}
