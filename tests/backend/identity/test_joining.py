"""The first owner, invitations, passwords and signing in, over HTTP."""

import asyncio
from datetime import timedelta

import pytest
from fastapi import FastAPI

from backend.core import clock, db
from backend.identity import cookies, joining, passwords, repository, tokens
from tests.backend.identity import people

PASSWORD = "correct horse battery staple"  # noqa: S105 - of people who exist in this test only


async def owner_link() -> str | None:
    async with db.database().transaction() as session:
        return await joining.owner_link(session)


async def join(app: FastAPI, url: str, **fields: str):
    body = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD} | fields
    async with people.browser(app) as client:
        token = url.rpartition("/")[2]
        answer = await client.post("/api/v1/session/joined", json={"token": token} | body)
        return answer, client.cookies.get(cookies.session_name())


async def sign_in(app: FastAPI, email: str = "ada@example.com", password: str = PASSWORD, token: str = ""):
    async with people.browser(app, token) as client:
        answer = await client.post("/api/v1/session", json={"email": email, "password": password})
        return answer, client.cookies.get(cookies.session_name())


class TestTheFirstOwner:
    async def test_joins_by_the_printed_link_and_nobody_after(self, api: FastAPI) -> None:
        url = await owner_link()
        assert url is not None
        assert len(url.rpartition("/")[2]) == 43
        answer, session = await join(api, url, team_name="Analysts")
        assert answer.status_code == 201
        async with people.browser(api, session or "") as client:
            me = (await client.get("/api/v1/me")).json()
        assert (me["roles"], me["team_name"], me["email"]) == (["owner"], "Analysts", "ada@example.com")
        assert await owner_link() is None
        assert (await join(api, url, email="eve@example.com"))[0].status_code == 404

    async def test_each_start_prints_a_new_link_and_ends_the_old(self, api: FastAPI) -> None:
        old, new = await owner_link(), await owner_link()
        assert old != new
        assert (await join(api, str(old)))[0].json()["code"] == "link_useless"
        assert (await join(api, str(new)))[0].status_code == 201

    async def test_has_thirty_minutes(self, api: FastAPI) -> None:
        url = str(await owner_link())
        async with db.database().transaction() as session:
            row = await repository.invitation_by_hash(session, tokens.hashed(url.rpartition("/")[2]))
            assert row is not None
            assert row.expires_at - row.created_at == timedelta(minutes=30)
            row.expires_at = clock.now()
            session.add(row)
        assert (await join(api, url))[0].status_code == 404

    async def test_is_one_of_many_who_try_at_once(self, api: FastAPI) -> None:
        url = str(await owner_link())
        answers = await asyncio.gather(*(join(api, url, email=f"p{n}@example.com") for n in range(5)))
        assert sorted(answer.status_code for answer, _ in answers) == [201, 404, 404, 404, 404]

    async def test_the_link_s_token_is_not_stored(self, api: FastAPI) -> None:
        token = str(await owner_link()).rpartition("/")[2]
        async with db.database().reading() as session:
            row = await repository.invitation_by_hash(session, tokens.hashed(token))
        assert row is not None
        assert token not in str(row.model_dump())


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "../../etc", "🦊"])
async def test_a_made_up_link_does_not_work(api: FastAPI, token: str) -> None:
    await owner_link()
    assert (await join(api, f"/{token}", email="eve@example.com"))[0].status_code == 404


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"password": "short"}, "password"),
        ({"password": "aaaaaaaaaaaaaaaa"}, "password"),
        ({"password": "Passwordpassword"}, "password"),
        ({"password": "ada.lovelace-2026", "email": "ada.lovelace@example.com"}, "password"),
        ({"password": "x" * 201}, "password"),
        ({"email": "nobody"}, "email"),
        ({"email": "a b@example.com"}, "email"),
        ({"name": "  "}, "name"),
        ({"name": "n" * 81}, "name"),
        ({"name": "a\x1bb"}, "name"),
    ],
)
async def test_a_newcomer_is_told_which_field_is_wrong_and_the_link_stays_good(
    api: FastAPI, fields: dict[str, str], place: str
) -> None:
    url = str(await owner_link())
    answer, session = await join(api, url, **fields)
    assert (answer.status_code, answer.json()["problems"][0]["place"]) == (422, place)
    assert session is None
    assert (await join(api, url))[0].status_code == 201


async def test_an_invitation_for_one_address_is_useless_to_others(api: FastAPI) -> None:
    ada = await people.person(await people.team(), "admin")
    async with db.database().transaction() as session:
        _, url = await joining.invite(session, ada.by, roles=("viewer",), email="Grace@Example.com")
    assert (await join(api, url, email="eve@example.com"))[0].status_code == 403
    assert (await join(api, url, email="grace@example.com"))[0].status_code == 201


async def test_nobody_invites_to_more_than_they_have(api: FastAPI) -> None:
    admin = await people.person(await people.team(), "admin")
    async with people.browser(api, await people.session_token(admin)) as client:
        answer = await client.post("/api/v1/invitations", json={"roles": ["owner"]})
        assert answer.status_code == 403
        assert (await client.post("/api/v1/invitations", json={"roles": []})).status_code == 422
        assert (await client.post("/api/v1/invitations", json={"roles": ["king"]})).status_code == 422


async def test_somebody_with_an_account_joins_a_second_team_with_it(api: FastAPI) -> None:
    ada = await people.person(await people.team(), "editor")
    boss = await people.person(await people.team("Second"), "owner")
    async with db.database().transaction() as session:
        _, url = await joining.invite(session, boss.by, roles=("viewer",))
    body = {"token": url.rpartition("/")[2]}
    async with people.browser(api, await people.session_token(ada)) as client:
        assert (
            await client.post("/api/v1/session/joined", json=body, headers={"x-csrf": ""})
        ).status_code == 403
        assert (await client.post("/api/v1/session/joined", json=body)).status_code == 201
        me = (await client.get("/api/v1/me")).json()
    assert (me["team_name"], me["roles"], me["account_id"]) == ("Second", ["viewer"], ada.by.account_id)


class TestSigningIn:
    @pytest.fixture
    async def ada(self, api: FastAPI) -> people.Person:
        stored = await passwords.hashed(PASSWORD)
        return await people.person(
            await people.team(), "owner", email="ada@example.com", password_hash=stored
        )

    async def test_gives_a_new_session_and_ends_the_one_before(
        self, api: FastAPI, ada: people.Person
    ) -> None:
        _, first = await sign_in(api, " ADA@example.com")
        answer, second = await sign_in(api, token=first or "")
        assert answer.status_code == 201
        assert first != second
        async with people.browser(api, first or "") as client:
            assert (await client.get("/api/v1/me")).status_code == 401

    async def test_does_not_tell_whether_the_address_exists(self, api: FastAPI, ada: people.Person) -> None:
        wrong, _ = await sign_in(api, password="another password")  # noqa: S106
        unknown, _ = await sign_in(api, "eve@example.com")
        assert wrong.status_code == unknown.status_code == 401
        drop = {"request_id"}
        assert {k: v for k, v in wrong.json().items() if k not in drop} == {
            k: v for k, v in unknown.json().items() if k not in drop
        }

    async def test_is_slowed_down_for_an_account(self, api: FastAPI, ada: people.Person) -> None:
        answers = [(await sign_in(api, password=f"guess number {n}"))[0] for n in range(6)]
        assert [a.status_code for a in answers] == [401] * 5 + [429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 60
        assert (await sign_in(api))[0].status_code == 429

    async def test_is_slowed_down_for_an_address(self, api: FastAPI, ada: people.Person) -> None:
        answers = [(await sign_in(api, f"p{n}@example.com"))[0].status_code for n in range(11)]
        assert answers == [401] * 10 + [429]

    @pytest.mark.parametrize(
        "headers",
        [
            {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
            {"sec-fetch-site": "", "origin": ""},
            {"content-type": "text/plain"},
        ],
    )
    async def test_cannot_be_done_to_somebody_by_another_site(
        self, api: FastAPI, ada: people.Person, headers: dict[str, str]
    ) -> None:
        async with people.browser(api) as client:
            body = f'{{"email": "ada@example.com", "password": "{PASSWORD}"}}'
            sent = {"content-type": "application/json"} | headers
            answer = await client.post("/api/v1/session", content=body, headers=sent)
        assert answer.status_code == 403

    async def test_out_ends_the_row_not_only_the_cookie(self, api: FastAPI, ada: people.Person) -> None:
        _, token = await sign_in(api)
        async with people.browser(api, token or "") as client:
            answer = await client.request("DELETE", "/api/v1/session")
            assert answer.json() == {"next": "/sign-in"}
        async with people.browser(api, token or "") as client:
            assert (await client.get("/api/v1/me")).status_code == 401
