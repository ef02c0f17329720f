"""Every route of the API, asked by every role, by nobody, and about the things of another team (SEC-07, SEC-08)."""

import re
from collections.abc import Iterable
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlmodel import SQLModel
from starlette.routing import WebSocketRoute

from app.api import api
from backend.core import db, ids
from backend.identity.permissions import PERMISSIONS, ROLES, Permission, Role
from tests.backend.identity import people
from tests.security.teams import Team, furnished, payload, visit

pytestmark = [pytest.mark.db, pytest.mark.redis]
Route = tuple[str, str]
DIAGRAM: dict[str, Any] = {"quadrille": 1, "name": "Mine", "nodes": [{"id": "start", "kind": "start"}]}
_AT = "2026-01-01T00:00:00Z"
HISTORY: dict[str, Any] = {
    "quadrille_run": 1,
    "exported_at": _AT,
    "run": {"id": "run_1", "status": "succeeded", "trigger": "api", "created_at": _AT},
    "workflow": {"name": "Mine", "slug": "mine"},
    "diagram": DIAGRAM,
    "events": [],
    "steps": [],
}
V1 = "/api/v1"
# Anybody may ask these, without a session.
OPEN: set[Route] = {
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/health/deep"),
    ("GET", f"{V1}/schema/diagram.json"),
    ("POST", f"{V1}/session"),
    ("POST", f"{V1}/session/joined"),
}
# Method and path below /api/v1 -> the permission it needs (None: being a member) and a body that is right.
NEEDS: dict[Route, tuple[Permission | None, Any]] = {
    ("DELETE", "/session"): (None, None),
    ("GET", "/me"): (None, None),
    ("PUT", "/me/shortcuts"): (None, {"shortcuts": {}}),
    ("PATCH", "/team"): ("member.manage", {"name": "Blue"}),
    ("GET", "/team/retention"): ("run.read", None),
    ("PUT", "/team/retention"): ("member.manage", {"days": 30, "per_workflow": 0}),
    ("GET", "/team/limits"): ("run.read", None),
    ("PUT", "/team/limits"): ("member.manage", {"at_once": 5}),
    ("GET", "/workflows/{ref}/limits"): ("run.read", None),
    ("PUT", "/workflows/{ref}/limits"): ("workflow.publish", {"at_once": 5, "priority": "high"}),
    ("GET", "/system"): ("run.read", None),
    ("GET", "/runs/{run_id}/budget"): ("run.read", None),
    ("GET", "/runs/{run_id}/steps/{node_id}/resolved"): ("run.read", None),
    ("POST", "/runs/{run_id}/repair"): ("run.steer", {}),
    ("GET", "/members"): (None, None),
    ("PATCH", "/members/{member_id}"): ("member.manage", {"roles": ["viewer"]}),
    ("DELETE", "/members/{member_id}"): ("member.manage", None),
    ("GET", "/invitations"): ("member.manage", None),
    ("POST", "/invitations"): ("member.manage", {"roles": ["viewer"]}),
    ("DELETE", "/invitations/{invitation_id}"): ("member.manage", None),
    ("GET", "/audit"): ("audit.read", None),
    ("GET", "/audit/verdict"): ("audit.read", None),
    ("GET", "/keys"): ("key.create", None),
    ("POST", "/keys"): ("key.create", {"name": "ci", "roles": ["viewer"]}),
    ("DELETE", "/keys/{key_id}"): ("key.manage", None),
    ("GET", "/secrets"): ("secret.use", None),
    ("PUT", "/secrets/{name}"): ("secret.manage", {"value": "s3cret"}),
    ("DELETE", "/secrets/{name}"): ("secret.manage", None),
    ("GET", "/sessions"): (None, None),
    ("DELETE", "/sessions"): (None, None),
    ("DELETE", "/sessions/{session_id}"): (None, None),
    ("GET", "/notifications"): (None, None),
    ("POST", "/notifications/read"): (None, {}),
    ("GET", "/models"): ("workflow.read", None),
    ("GET", "/collections"): ("workflow.read", None),
    ("POST", "/collections"): ("knowledge.edit", {"name": "More"}),
    ("DELETE", "/collections/{name}"): ("knowledge.edit", None),
    ("GET", "/collections/{name}/documents"): ("workflow.read", None),
    ("POST", "/collections/{name}/documents"): ("knowledge.edit", {"source": "a", "text": "b"}),
    ("DELETE", "/collections/{name}/documents/{source}"): ("knowledge.edit", None),
    ("POST", "/collections/{name}/search"): ("workflow.read", {"query": "what"}),
    ("GET", "/plans"): ("workflow.read", None),
    ("POST", "/plans"): ("workflow.edit", {"goal": "Answer our customers' mails."}),
    ("GET", "/plans/domains"): ("workflow.read", None),
    ("GET", "/plans/{plan_id}"): ("workflow.read", None),
    ("DELETE", "/plans/{plan_id}"): ("workflow.edit", None),
    ("GET", "/plans/{plan_id}/versions"): ("workflow.read", None),
    ("POST", "/plans/{plan_id}/versions"): ("workflow.edit", {}),
    ("GET", "/plans/{plan_id}/runs"): ("run.read", None),
    ("POST", "/plans/{plan_id}/runs/{run_id}/replan"): ("workflow.edit", None),
    ("GET", "/plans/{plan_id}/policy"): ("workflow.read", None),
    ("PUT", "/plans/{plan_id}/policy"): ("workflow.edit", {"reallocate": "ask"}),
    ("GET", "/runs/{run_id}/plan"): ("run.read", None),
    ("POST", "/plans/{plan_id}/adaptations/{adaptation_id}"): ("workflow.edit", {"accept": False}),
    ("POST", "/plans/{plan_id}/accept"): ("workflow.edit", {}),
    ("GET", "/plans/{plan_id}/proposal"): ("workflow.edit", None),
    ("GET", "/agents"): ("workflow.read", None),
    ("POST", "/agents"): ("workflow.edit", {"name": "Ada"}),
    ("GET", "/agents/roles"): ("workflow.read", None),
    ("GET", "/agents/file"): ("workflow.read", None),
    ("PUT", "/agents/file"): ("workflow.edit", {"quadrille": 1, "agents": []}),
    ("GET", "/agents/{agent_id}"): ("workflow.read", None),
    ("PUT", "/agents/{agent_id}"): ("workflow.edit", {"profile": {}}),
    ("POST", "/agents/{agent_id}/terminate"): ("workflow.edit", {}),
    ("GET", "/agents/{agent_id}/versions"): ("workflow.read", None),
    ("POST", "/agents/{agent_id}/versions/{version}/restore"): ("workflow.edit", {}),
    ("GET", "/agents/{agent_id}/capabilities"): ("workflow.read", None),
    ("GET", "/agents/{agent_id}/statistics"): ("run.read", None),
    ("GET", "/agents/{agent_id}/uses"): ("workflow.read", None),
    ("GET", "/kinds"): ("workflow.read", None),
    ("GET", "/tools"): ("workflow.read", None),
    ("GET", "/tool-servers"): ("workflow.read", None),
    ("POST", "/tool-servers"): ("tool.manage", {"name": "other", "address": "stdio:none"}),
    ("GET", "/tool-servers/{name}"): ("workflow.read", None),
    ("POST", "/tool-servers/{name}/look"): ("tool.manage", None),
    ("POST", "/tool-servers/{name}/accept"): ("tool.manage", {"tools": [{"name": "clock", "digest": "0"}]}),
    ("DELETE", "/tool-servers/{name}"): ("tool.manage", None),
    ("POST", "/kinds/{name}/fit"): ("workflow.read", {"kind": "wait", "config": {}}),
    ("POST", "/schedules/preview"): ("workflow.edit", {"cron": "0 9 * * *"}),
    ("POST", "/expressions/preview"): ("workflow.edit", {"texts": [{"text": "1 + 1"}]}),
    ("GET", "/templates"): ("workflow.read", None),
    ("GET", "/templates/{name}"): ("workflow.read", None),
    ("POST", "/workflows/{ref}/publish"): ("workflow.publish", {}),
    ("GET", "/workflows/{ref}/versions"): ("workflow.read", None),
    ("POST", "/workflows/{ref}/versions"): ("workflow.edit", {"name": "As agreed"}),
    ("GET", "/workflows/{ref}/compare"): ("workflow.read", None),
    ("POST", "/workflows/{ref}/proposals"): ("workflow.edit", {"template": "hello-approval"}),
    ("GET", "/workflows/{ref}/thumbnail.svg"): ("workflow.read", None),
    ("GET", "/workflows/{ref}/versions/{version_id}/thumbnail.svg"): ("workflow.read", None),
    ("GET", "/workflows/{ref}/versions/{version_id}"): ("workflow.read", None),
    ("POST", "/workflows/{ref}/versions/{version_id}/restore"): ("workflow.edit", None),
    ("POST", "/workflows"): ("workflow.edit", DIAGRAM),
    ("POST", "/workflows/import"): ("workflow.edit", DIAGRAM),
    ("GET", "/workflows"): ("workflow.read", None),
    ("GET", "/workflows/{ref}"): ("workflow.read", None),
    ("PUT", "/workflows/{ref}"): ("workflow.edit", DIAGRAM),
    ("PATCH", "/workflows/{ref}"): ("workflow.edit", {"name": "Other"}),
    ("DELETE", "/workflows/{ref}"): ("workflow.edit", None),
    ("POST", "/workflows/{ref}/unarchive"): ("workflow.edit", None),
    ("POST", "/workflows/{ref}/starts/pause"): ("run.start", None),
    ("POST", "/workflows/{ref}/starts/resume"): ("run.start", None),
    ("POST", "/workflows/{ref}/duplicate"): ("workflow.edit", None),
    ("GET", "/workflows/{ref}/draft.json"): ("workflow.read", None),
    ("GET", "/workflows/{ref}/check"): ("workflow.read", None),
    ("GET", "/workflows/{ref}/schedules"): ("workflow.read", None),
    ("GET", "/workflows/{ref}/export"): ("workflow.read", None),
    ("GET", "/runs/{run_id}/events"): ("run.read", None),
    ("POST", "/workflows/{workflow_id}/runs"): ("run.start", {}),
    ("POST", "/workflows/{workflow_id}/trials"): ("run.start", {"node_id": "start"}),
    ("GET", "/workflows/{workflow_id}/data"): ("run.read", None),
    ("GET", "/runs"): ("run.read", None),
    ("GET", "/runs/{run_id}"): ("run.read", None),
    ("GET", "/runs/{run_id}/steps"): ("run.read", None),
    ("GET", "/runs/{run_id}/state"): ("run.read", None),
    ("GET", "/runs/{run_id}/history"): ("run.payload", None),
    ("POST", "/runs/import"): ("workflow.edit", HISTORY),
    ("POST", "/runs/{run_id}/cancel"): ("run.steer", None),
    ("POST", "/runs/{run_id}/pause"): ("run.steer", None),
    ("POST", "/runs/{run_id}/signals"): ("run.steer", {"name": "paid"}),
    ("POST", "/events"): ("run.steer", {"topic": "paid"}),
    ("POST", "/runs/{run_id}/resume"): ("run.steer", None),
    ("POST", "/runs/{run_id}/step"): ("run.steer", None),
    ("PUT", "/runs/{run_id}/breakpoints"): ("run.steer", {}),
    ("GET", "/runs/{run_id}/compare/{other_id}"): ("run.read", None),
    ("GET", "/runs/{run_id}/last-good"): ("run.read", None),
    ("GET", "/runs/{run_id}/calls"): ("run.read", None),
    ("POST", "/runs/bulk"): ("run.steer", {"action": "cancel", "run_ids": ["run_1"]}),
    ("GET", "/runs/{run_id}/forks"): ("run.read", None),
    ("GET", "/runs/{run_id}/tags"): ("run.read", None),
    ("PUT", "/runs/{run_id}/tags"): ("run.steer", {"tags": ["urgent"]}),
    ("GET", "/run-views"): ("run.read", None),
    ("POST", "/run-views"): ("run.read", {"name": "Mine", "query": "status=failed"}),
    ("DELETE", "/run-views/{view_id}"): ("run.read", None),
    ("GET", "/run-histories"): ("run.payload", None),
    ("POST", "/runs/{run_id}/retry"): ("run.start", None),
    ("POST", "/runs/{run_id}/fork"): ("run.start", {}),
    ("POST", "/runs/{run_id}/replay"): ("run.start", {}),
    ("GET", "/approvals"): ("approval.read", None),
    ("GET", "/approvals/{approval_id}"): ("approval.read", None),
    ("POST", "/approvals/{approval_id}/decision"): (
        "approval.decide",
        {"verdict": "approved", "arguments_hash": "HASH"},
    ),
    ("POST", "/approvals/{approval_id}/comments"): ("approval.read", {"text": "Why?"}),
    ("POST", "/approvals/{approval_id}/ask"): ("approval.decide", {"text": "Why?"}),
    ("POST", "/approvals/{approval_id}/delegate"): ("approval.decide", {"to": "acct_1"}),
    ("POST", "/approvals/{approval_id}/escalate"): ("approval.decide", {}),
    ("GET", "/overview"): ("run.read", None),
    ("GET", "/workflows/{ref}/heat"): ("run.read", None),
    ("GET", "/alarms"): ("run.read", None),
    ("POST", "/alarms"): ("workflow.publish", {"kind": "error_count"}),
    ("DELETE", "/alarms/{alarm_id}"): ("workflow.publish", None),
    ("GET", "/metrics-of-evaluation"): ("workflow.read", None),
    ("GET", "/workflows/{ref}/evaluation-sets"): ("run.read", None),
    ("POST", "/workflows/{ref}/evaluation-sets"): ("workflow.edit", {"name": "More"}),
    ("GET", "/evaluation-sets/{set_id}"): ("run.read", None),
    ("PUT", "/evaluation-sets/{set_id}"): ("workflow.edit", {"name": "Other"}),
    ("DELETE", "/evaluation-sets/{set_id}"): ("workflow.edit", None),
    ("POST", "/evaluation-sets/{set_id}/cases"): ("workflow.edit", {"name": "One"}),
    ("PUT", "/evaluation-sets/{set_id}/cases/{case_id}"): ("workflow.edit", {"name": "One"}),
    ("DELETE", "/evaluation-sets/{set_id}/cases/{case_id}"): ("workflow.edit", None),
    ("POST", "/runs/{run_id}/evaluation-case"): ("workflow.edit", {}),
    ("POST", "/evaluation-sets/{set_id}/evaluations"): ("run.start", {}),
    ("GET", "/workflows/{ref}/evaluations"): ("run.read", None),
    ("GET", "/evaluations/{evaluation_id}"): ("run.read", None),
    ("POST", "/evaluations/{evaluation_id}/cancel"): ("run.steer", None),
    ("GET", "/evaluations/{evaluation_id}/compare/{before_id}"): ("run.read", None),
    ("GET", "/dead-letters"): ("run.read", None),
    ("POST", "/dead-letters/redrive"): ("run.start", {"filter": {}}),
    ("POST", "/dead-letters/discard"): ("run.steer", {"filter": {}, "note": "Old."}),
    ("GET", "/dead-letters/{letter_id}"): ("run.read", None),
    ("POST", "/dead-letters/{letter_id}/redrive"): ("run.start", {}),
    ("POST", "/dead-letters/{letter_id}/discard"): ("run.steer", {"note": "Old."}),
}
SOCKETS = {f"{V1}/workflows/{{ref}}/draft", f"{V1}/runs/{{run_id}}/events"}
# These take names that every team may choose, so that the caller's own thing of that name is meant.
OF_ONE_S_OWN_TEAM = {("PUT", "/secrets/{name}"), ("GET", "/templates/{name}")}
# What is one's own may be ended whatever the role.
HIDES = {("DELETE", "/keys/{key_id}"), ("DELETE", "/members/{member_id}")}


@pytest.fixture
def app(house: None) -> FastAPI:
    return api()


def routes_of(app: FastAPI) -> set[Route]:
    paths = app.openapi()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def sockets_of(routes: Iterable[object], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for route in routes:
        if isinstance(route, WebSocketRoute):
            found.add(prefix + route.path)
        elif (inner := getattr(route, "original_router", None)) is not None:
            found |= sockets_of(inner.routes, prefix)
    return found


def test_the_tables_know_every_route_and_every_socket() -> None:
    """A new one needs a line above; a new socket needs tests like those of the draft and of the run's events."""
    found = api()
    assert routes_of(found) == OPEN | {(method, V1 + path) for method, path in NEEDS}
    assert {re.sub(r"^(?!/api/v1)", V1, path) for path in sockets_of(found.routes)} == SOCKETS


def body_for(team: Team, body: Any) -> Any:
    if isinstance(body, dict) and body.get("arguments_hash") == "HASH":
        return body | {"arguments_hash": team.hashes["approval"]}
    return body


async def ask(browser: httpx2.AsyncClient, route: Route, path: str, body: Any) -> httpx2.Response:
    return await browser.request(route[0], V1 + path, json=body)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", ROLES)
async def test_a_role_is_refused_exactly_what_it_lacks(app: FastAPI, role: Role) -> None:
    team = await furnished("ours")
    await visit(team, app)
    wrong: list[str] = []
    for route, (needed, body) in NEEDS.items():
        may = needed is None or needed in PERMISSIONS[role]
        if may and route[0] != "GET":
            continue  # what it may do is tested where it is done; here it would change the team for the next route
        async with people.browser(app, await people.session_token(team.people[role])) as browser:
            answer = await ask(browser, route, team.path(route[1]), body_for(team, body))
        refused = {403, 404} if route in HIDES else {403}
        if answer.status_code not in ({200} if may else refused):
            wrong.append(f"{route} -> {answer.status_code} {answer.text[:200]}")
    assert not wrong


@pytest.mark.parametrize("role", ROLES)
async def test_only_who_may_read_payloads_gets_any(app: FastAPI, role: Role) -> None:
    """Every address that answers this role, lists and errors included; a new one needs nothing here (A5)."""
    team = await furnished("ours")
    await visit(team, app)
    value, shown = payload("ours")["message"], set[str]()
    async with people.browser(app, await people.session_token(team.people[role])) as browser:
        for method, path in NEEDS:
            if method == "GET":
                answer = await browser.get(V1 + team.path(path))
                shown |= {path} if value in answer.text else set()
        for path in (
            "/approvals?all=true",
            "/runs?status=waiting_person",
            f"/runs?text={value}",
            f"/dead-letters?text={value}",
        ):
            answer = await browser.get(V1 + path)
            shown |= {path} if value in answer.text else set()
        found = (await browser.get(f"{V1}/runs?text={value}")).json()["items"]
    if "run.payload" not in PERMISSIONS[role]:
        assert (shown, found) == (set(), [])
        return
    run = "/runs/{run_id}"
    assert shown >= {run, f"{run}/steps", f"{run}/events", "/approvals", "/approvals?all=true"}
    assert shown >= {"/dead-letters", "/dead-letters/{letter_id}", f"/dead-letters?text={value}"}
    assert len(found) == 1


async def test_nobody_gets_nothing(app: FastAPI) -> None:
    team = await furnished("ours")
    await visit(team, app)
    async with people.browser(app) as browser:
        for route, (_, body) in NEEDS.items():
            answer = await ask(browser, route, team.path(route[1]), body_for(team, body))
            assert answer.status_code == 401, f"{route} -> {answer.status_code}"
            assert team.word not in answer.json()["detail"]


def words(answer: httpx2.Response, team: Team) -> str:
    """What an answer says, apart from what was asked for."""
    said = answer.json()["detail"]
    for name in sorted(team.names.values(), key=len, reverse=True):
        said = said.replace(name, "…")
    return said


@pytest.mark.parametrize("role", ROLES)
async def test_another_team_s_things_do_not_exist(app: FastAPI, role: Role) -> None:
    """Their id is answered exactly as an id that nobody has, and never changes anything of theirs."""
    ours, theirs = await furnished("ours"), await furnished("theirs")
    await visit(ours, app)
    await visit(theirs, app)
    nobody = Team("nobody", "", {}, {n: f"{v[:4]}{ids.new('run')}" for n, v in theirs.names.items()})
    before, wrong = await everything_of(theirs), list[str]()
    for route, (needed, body) in NEEDS.items():
        if "{" not in route[1] or route in OF_ONE_S_OWN_TEAM:
            continue
        async with people.browser(app, await people.session_token(ours.people[role])) as browser:
            known = await ask(browser, route, theirs.path(route[1]), body_for(theirs, body))
            unknown = await ask(browser, route, nobody.path(route[1]), body_for(theirs, body))
        may = needed is None or needed in PERMISSIONS[role]
        expected = {404} if may else {403, 404}
        if known.status_code not in expected or known.status_code != unknown.status_code:
            wrong.append(f"{route} -> {known.status_code} and {unknown.status_code} {known.text[:200]}")
        elif words(known, theirs) != words(unknown, nobody):
            wrong.append(f"{route} tells them apart: {known.text[:200]} {unknown.text[:200]}")
    assert not wrong
    assert await everything_of(theirs) == before


async def test_no_list_shows_anything_of_another_team(app: FastAPI) -> None:
    ours, theirs = await furnished("ours"), await furnished("theirs")
    await visit(ours, app)
    await visit(theirs, app)
    asks = [path for method, path in NEEDS if method == "GET" and "{" not in path]
    asks += [f"/runs?workflow={theirs.names['ref']}", f"/runs?text={theirs.word}", "/approvals?all=true"]
    asks += [f"/runs?cursor={theirs.names['run_id']}", f"/approvals?cursor={theirs.names['approval_id']}"]
    asks += [f"/dead-letters?cursor={theirs.names['letter_id']}", f"/dead-letters?text={theirs.word}"]
    asks += [f"/dead-letters?run={theirs.names['run_id']}"]
    async with people.browser(app, await people.session_token(ours.people["owner"])) as browser:
        for path in asks:
            answer = await browser.get(V1 + path)
            assert answer.status_code == 200, f"{path} -> {answer.text}"
            leaked = [v for v in (theirs.word, theirs.team_id, *theirs.names.values()) if v in answer.text]
            assert not leaked, f"{path} shows {leaked}"


async def test_own_things_cannot_be_mixed_with_another_team_s(app: FastAPI) -> None:
    ours, theirs = await furnished("ours"), await furnished("theirs")
    flow, version = ours.names["ref"], theirs.names["version_id"]
    async with people.browser(app, await people.session_token(ours.people["owner"])) as browser:
        mixed = [
            await browser.get(f"{V1}/workflows/{flow}/versions/{version}"),
            await browser.post(f"{V1}/workflows/{flow}/versions/{version}/restore"),
            await browser.post(f"{V1}/workflows/{flow}/runs", json={"version": version}),
        ]
    assert [answer.status_code for answer in mixed] == [404, 404, 404]


async def test_an_idempotency_key_belongs_to_its_team(app: FastAPI) -> None:
    started: list[str] = []
    for word in ("ours", "theirs"):
        team = await furnished(word)
        async with people.browser(app, await people.session_token(team.people["operator"])) as browser:
            for _ in range(2):
                answer = await browser.post(
                    f"{V1}/workflows/{team.names['ref']}/runs", json={}, headers={"Idempotency-Key": "same"}
                )
                assert answer.status_code == 202, answer.text
                started.append(answer.json()["id"])
    assert started[0] == started[1] != started[2] == started[3]


async def everything_of(team: Team) -> dict[str, list[str]]:
    """Every row of a team, but for what being looked at changes."""
    rows: dict[str, list[str]] = {}
    async with db.database().reading() as session:
        connection = await session.connection()
        for table in SQLModel.metadata.sorted_tables:
            if "team_id" in table.columns:
                found = await connection.execute(table.select().where(table.c.team_id == team.team_id))
                rows[table.name] = sorted(str(tuple(row)) for row in found)
    assert len(rows["run"]) == 1
    return rows
