"""Who is let in over HTTP and sockets, and when a write is durable."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import APIRouter, FastAPI, Request, Response, WebSocket
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from backend.core import clock, db
from backend.core.errors import Conflict, QuadrilleError
from backend.core.settings import settings
from backend.identity import cookies, keys, repository, sessions, tokens
from backend.identity.edge import (
    CurrentPrincipal,
    ReadSession,
    UploadPrincipal,
    WriteSession,
    principal_of_socket,
)
from tests.backend.identity import people

PUBLIC = "http://127.0.0.1:3000"


routes = APIRouter()


@routes.get("/who")
@routes.post("/who")
async def who(by: CurrentPrincipal) -> dict[str, str]:
    return {"name": by.name, "via": by.via, "roles": ",".join(by.roles)}


@routes.post("/file")
async def file(by: UploadPrincipal) -> str:
    return by.name


@routes.put("/team")
async def rename(by: CurrentPrincipal, session: WriteSession, name: str) -> Response:
    team = await repository.team(session, by.team_id)
    assert team is not None
    team.name = name
    session.add(team)
    await session.flush()
    if name == "wrong":
        raise Conflict("Not this one.")
    return CommittedFirst(by.team_id)


@routes.get("/team")
async def name_of(by: CurrentPrincipal, session: ReadSession) -> str:
    team = await repository.team(session, by.team_id)
    return team.name if team else ""


@routes.websocket("/socket")
async def socket(websocket: WebSocket) -> None:
    by = await principal_of_socket(websocket)
    if by is None:
        await websocket.close(4401)
        return
    await websocket.accept()
    await websocket.send_text(by.name)
    await websocket.close()


async def draw(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, QuadrilleError)
    return JSONResponse(error.as_problem_details(), error.status)


@pytest.fixture
def app(sqlite_database: db.Database) -> FastAPI:
    api = FastAPI(exception_handlers={QuadrilleError: draw})
    api.include_router(routes)
    return api


class CommittedFirst(Response):
    """Answers with the team's name as another connection sees it while the response is being sent."""

    def __init__(self, team_id: str) -> None:
        super().__init__()
        self.team_id = team_id

    async def __call__(self, scope, receive, send) -> None:
        async with db.database().reading() as session:
            team = await repository.team(session, self.team_id)
        await Response(team.name if team else "")(scope, receive, send)


async def test_a_session_cookie_lets_its_member_in(app: FastAPI) -> None:
    ada = await people.person(await people.team(), "editor")
    async with people.browser(app, await people.session_token(ada)) as client:
        assert (await client.get("/who")).json() == {"name": "Ada", "via": "session", "roles": "editor"}


async def test_nobody_gets_a_401_with_a_code(app: FastAPI) -> None:
    async with people.browser(app) as client:
        for answer in (await client.get("/who"), await client.post("/who", json={})):
            assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")


async def test_a_made_up_cookie_is_nobody(app: FastAPI) -> None:
    async with people.browser(app, tokens.new()) as client:
        assert (await client.get("/who")).status_code == 401


@pytest.mark.parametrize(
    ("seen", "born", "alive"),
    [
        (timedelta(hours=11, minutes=59), timedelta(days=1), True),
        (timedelta(hours=12), timedelta(days=1), False),
        (timedelta(minutes=1), timedelta(days=6, hours=23), True),
        (timedelta(minutes=1), timedelta(days=7), False),
    ],
)
async def test_a_session_ends_by_idleness_and_by_age(app: FastAPI, seen, born, alive: bool) -> None:
    ada = await people.person(await people.team(), "viewer")
    token = await people.session_token(ada)
    async with db.database().transaction() as session:
        row = (await repository.sessions_of(session, ada.by.account_id))[0]
        row.last_seen_at, row.expires_at = clock.now() - seen, clock.now() - born + sessions.ABSOLUTE
        session.add(row)
    async with people.browser(app, token) as client:
        assert (await client.get("/who")).status_code == (200 if alive else 401)


async def test_being_seen_prolongs_a_session(app: FastAPI) -> None:
    ada = await people.person(await people.team(), "viewer")
    token = await people.session_token(ada)
    long_ago = clock.now() - timedelta(hours=3)
    async with db.database().transaction() as session:
        row = (await repository.sessions_of(session, ada.by.account_id))[0]
        row.last_seen_at = long_ago
        session.add(row)
    async with people.browser(app, token) as client:
        await client.get("/who")
    async with db.database().reading() as session:
        assert (await repository.sessions_of(session, ada.by.account_id))[0].last_seen_at > long_ago


async def test_who_left_the_team_is_nobody(app: FastAPI) -> None:
    ada = await people.person(await people.team(), "viewer")
    token = await people.session_token(ada)
    async with db.database().transaction() as session:
        rows = await repository.member(session, ada.by.team_id, ada.member_id)
        assert rows is not None
        await session.delete(rows[0])
    async with people.browser(app, token) as client:
        assert (await client.get("/who")).status_code == 401


class TestUnsafeRequestsWithACookie:
    @pytest.fixture
    async def token(self, app: FastAPI) -> str:
        return await people.session_token(await people.person(await people.team(), "editor"))

    async def test_pass_from_our_own_page(self, app: FastAPI, token: str) -> None:
        async with people.browser(app, token) as client:
            assert (await client.post("/who", json={})).status_code == 200
            assert (await client.post("/who")).status_code == 200

    @pytest.mark.parametrize(
        "change",
        [
            {"x-csrf": ""},
            {"x-csrf": "f" * 64},
            {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
            {"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:4000"},
            {"sec-fetch-site": "", "origin": "https://evil.example"},
            {"sec-fetch-site": "", "origin": "null"},
            {"sec-fetch-site": "", "origin": ""},
            {"sec-fetch-site": "", "origin": f"{PUBLIC}.evil.example"},
            {"content-type": "text/plain"},
            {"content-type": "application/x-www-form-urlencoded"},
            {"content-type": "multipart/form-data; boundary=x"},
            {"content-type": ""},
        ],
    )
    async def test_are_refused_when_something_is_foreign(self, app: FastAPI, token: str, change) -> None:
        async with people.browser(app, token) as client:
            answer = await client.post(
                "/who", content="{}", headers={"content-type": "application/json"} | change
            )
            assert (answer.status_code, answer.json()["code"]) == (403, "foreign_request")

    async def test_may_be_multipart_only_on_upload_routes(self, app: FastAPI, token: str) -> None:
        async with people.browser(app, token) as client:
            assert (await client.post("/file", files={"a": b"x"})).status_code == 200
            assert (await client.post("/who", files={"a": b"x"})).status_code == 403

    async def test_need_no_fetch_metadata_when_the_origin_is_ours(self, app: FastAPI, token: str) -> None:
        async with people.browser(app, token) as client:
            answer = await client.post("/who", json={}, headers={"sec-fetch-site": ""})
            assert answer.status_code == 200


async def make_key(ada: people.Person, *roles, days: int = 30) -> str:
    async with db.database().transaction() as session:
        _, text = await keys.create(session, ada.by, name="ci", roles=roles, days=days)
    return text


async def test_a_key_lets_a_program_in_without_csrf_and_with_its_own_roles(app: FastAPI) -> None:
    ada = await people.person(await people.team(), "owner")
    async with people.program(app, await make_key(ada, "viewer")) as client:
        assert (await client.post("/who", json={})).json() == {"name": "Ada", "via": "key", "roles": "viewer"}


async def test_a_wrong_key_is_nobody_although_a_good_cookie_comes_with_it(app: FastAPI) -> None:
    ada = await people.person(await people.team(), "owner")
    key, token = await make_key(ada, "viewer"), await people.session_token(ada)
    async with people.browser(app, token) as client:
        for wrong in (key[:-1], key + "x", "qk_", "qk_a_b", "", key.replace("qk_", "")):
            answer = await client.get("/who", headers={"authorization": f"Bearer {wrong}"})
            assert answer.status_code == 401, wrong


async def test_a_key_shrinks_with_its_maker(app: FastAPI) -> None:
    ada = await people.person(await people.team(), "owner")
    key = await make_key(ada, "editor", "viewer")
    async with db.database().transaction() as session:
        rows = await repository.member(session, ada.by.team_id, ada.member_id)
        assert rows is not None
        rows[0].roles = ["viewer"]
        session.add(rows[0])
    async with people.program(app, key) as client:
        assert (await client.get("/who")).json()["roles"] == "viewer"


async def test_a_key_is_limited_in_its_use(app: FastAPI, environment: pytest.MonkeyPatch) -> None:
    assert settings().api_rate_per_minute == 600
    # A slow machine does not ask 600 times in a minute.
    environment.setenv("QUADRILLE_API_RATE_PER_MINUTE", "20")
    settings.cache_clear()
    ada = await people.person(await people.team(), "owner")
    async with people.program(app, await make_key(ada, "viewer")) as client:
        codes = [(await client.get("/who")).status_code for _ in range(22)]
    assert codes == [200] * 20 + [429] * 2


async def test_a_write_is_committed_before_the_response_leaves(app: FastAPI) -> None:
    ada = await people.person(await people.team(), "owner")
    async with people.browser(app, await people.session_token(ada)) as client:
        answer = await client.put("/team", params={"name": "Blue"}, json={})
        assert answer.text == "Blue"


async def test_an_error_takes_back_what_was_written(app: FastAPI) -> None:
    ada = await people.person(await people.team("Green"), "owner")
    async with people.browser(app, await people.session_token(ada)) as client:
        assert (await client.put("/team", params={"name": "wrong"}, json={})).status_code == 409
        assert (await client.get("/team")).json() == "Green"


class TestSockets:
    @pytest.fixture
    def client(self, app: FastAPI) -> Iterator[TestClient]:
        with TestClient(app, base_url=PUBLIC) as client:
            yield client

    @pytest.fixture
    async def ada(self, app: FastAPI) -> people.Person:
        return await people.person(await people.team(), "owner")

    def name_at(self, client: TestClient, headers: dict[str, str]) -> str:
        with client.websocket_connect("/socket", headers=headers) as socket:
            return socket.receive_text()

    async def test_open_for_our_page_and_for_keys(self, client: TestClient, ada: people.Person) -> None:
        cookie = f"{cookies.session_name()}={await people.session_token(ada)}"
        key = await make_key(ada, "viewer")
        assert self.name_at(client, {"origin": PUBLIC, "cookie": cookie}) == "Ada"
        assert self.name_at(client, {"authorization": f"Bearer {key}"}) == "Ada"

    @pytest.mark.parametrize("origin", [None, "https://evil.example", "null", f"{PUBLIC}0"])
    async def test_stay_shut_for_foreign_pages(self, client: TestClient, ada: people.Person, origin) -> None:
        headers = {"cookie": f"{cookies.session_name()}={await people.session_token(ada)}"}
        with pytest.raises(WebSocketDisconnect):
            self.name_at(client, headers | ({"origin": origin} if origin else {}))


def test_the_cookie_is_host_bound_over_https(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("QUADRILLE_PUBLIC_URL", "https://flows.example")
    response = Response()
    cookies.put(response, "t" * 43)
    session, csrf = response.headers.getlist("set-cookie")
    assert session.startswith("__Host-session=ttt")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(session.split("; "))
    assert "Domain" not in session
    assert csrf.startswith("qk_csrf=")
    assert "HttpOnly" not in csrf


def test_clearing_names_the_same_cookies_with_the_same_attributes(environment: pytest.MonkeyPatch) -> None:
    put, clear = Response(), Response()
    cookies.put(put, "t" * 43)
    cookies.put(clear, None)

    def shape(response: Response) -> list[set[str]]:
        lines = [line.split("; ") for line in response.headers.getlist("set-cookie")]
        return [{part.partition("=")[0] for part in line} - {"expires"} for line in lines]

    assert shape(put) == shape(clear)
    assert all("Max-Age=0" in line for line in clear.headers.getlist("set-cookie"))
