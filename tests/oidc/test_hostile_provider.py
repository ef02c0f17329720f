"""What our side of the OpenID flow refuses, and whom it lets in: against a provider that lies on demand."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi import FastAPI

from app import problems
from backend.core import db
from backend.identity import cookies, endpoints, joining, oidc_discovery, repository
from tests import conftest
from tests.backend.identity import people
from tests.oidc import hostile
from tests.servers import ROOT, free_port, wait_for_port


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The lying provider in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(port)]
    with Path(tmp_path_factory.mktemp("hostile") / "log").open("wb") as out:
        process = subprocess.Popen(
            [*command, "tests.oidc.hostile:app"],
            cwd=ROOT,
            env=os.environ | {"HOSTILE_PORT": str(port)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=120)


@pytest.fixture
async def browser(
    issuer: str, sqlite_database: db.Database, environment: pytest.MonkeyPatch
) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser at our API, which is set up for that provider."""
    environment.setenv("QUADRILLE_OIDC_ISSUER", issuer)
    environment.setenv("QUADRILLE_OIDC_CLIENT_ID", hostile.CLIENT)
    environment.setenv("QUADRILLE_OIDC_CLIENT_SECRET", hostile.SECRET)
    environment.setenv("QUADRILLE_OIDC_ALLOWED_DOMAINS", "example.org")
    conftest.settings.cache_clear()
    oidc_discovery.forget()
    app = FastAPI()
    problems.install(app)
    app.include_router(endpoints.router)
    await people.team()
    async with people.browser(app) as client:
        yield client


async def start(browser: httpx2.AsyncClient, **query: str) -> dict[str, str]:
    """Leave for the provider; what we asked it for."""
    answer = await browser.get("/auth/oidc", params=query)
    assert answer.status_code == 303, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


async def back(browser: httpx2.AsyncClient, issuer: str, asked: dict[str, str], mutation: str, **more) -> str:
    """Come back with a code; where the browser is sent then."""
    code = hostile.code(mutation, asked["nonce"], **more)
    params = {"code": code, "state": asked["state"], "iss": issuer}
    return (await browser.get("/auth/oidc/callback", params=params)).headers["location"]


def is_signed_in(browser: httpx2.AsyncClient) -> bool:
    return bool(browser.cookies.get(cookies.session_name()))


async def test_the_honest_answer_signs_in(browser: httpx2.AsyncClient, issuer: str) -> None:
    asked = await start(browser, next="/runs?status=failed")
    assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
    assert await back(browser, issuer, asked, "none") == "/runs?status=failed"
    me = (await browser.get("/api/v1/me")).json()
    assert (me["name"], me["email"], me["roles"]) == ("Ada", "ada@example.org", ["viewer"])
    assert "oauth" not in browser.cookies


@pytest.mark.parametrize("lie", hostile.LIES)
async def test_a_lie_signs_nobody_in(browser: httpx2.AsyncClient, issuer: str, lie: str) -> None:
    asked = await start(browser)
    assert await back(browser, issuer, asked, lie) == "/sign-in?problem=provider"
    assert not is_signed_in(browser)
    async with db.database().reading() as session:
        assert await repository.account_by_email(session, "ada@example.org") is None


class TestTheWayBack:
    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"state": "another"}, "expired"),
            ({"state": ""}, "expired"),
            ({"state": None}, "expired"),
            ({"iss": "https://evil.example"}, "provider"),
            ({"iss": None}, "provider"),
            ({"code": None}, "provider"),
            ({"code": None, "error": "access_denied"}, "denied"),
            ({"code": None, "error": "server_error"}, "provider"),
            ({"error": "access_denied", "iss": "https://evil.example"}, "provider"),
        ],
    )
    async def test_must_be_whole(
        self, browser: httpx2.AsyncClient, issuer: str, change, problem: str
    ) -> None:
        asked = await start(browser)
        whole = {
            "code": hostile.code("none", asked["nonce"]),
            "state": asked["state"],
            "iss": issuer,
        } | change
        params = {name: value for name, value in whole.items() if value is not None}
        answer = await browser.get("/auth/oidc/callback", params=params)
        assert answer.headers["location"] == f"/sign-in?problem={problem}"
        assert not is_signed_in(browser)

    async def test_must_be_in_the_browser_that_left(self, browser: httpx2.AsyncClient, issuer: str) -> None:
        asked = await start(browser)
        browser.cookies.clear()
        assert await back(browser, issuer, asked, "none") == "/sign-in?problem=expired"

    async def test_cannot_be_told_by_another_transaction(
        self, browser: httpx2.AsyncClient, issuer: str
    ) -> None:
        first = await start(browser)
        await start(browser)
        assert await back(browser, issuer, first, "none") == "/sign-in?problem=expired"

    @pytest.mark.parametrize("cookie", ["", "x", "a.b", "....", "\x7f", "0" * 4000])
    async def test_survives_a_broken_transaction(
        self, browser: httpx2.AsyncClient, issuer: str, cookie: str
    ) -> None:
        asked = await start(browser)
        browser.cookies.set("oauth", cookie, domain="127.0.0.1", path="/")
        assert await back(browser, issuer, asked, "none") == "/sign-in?problem=expired"

    async def test_ends_with_the_first_use(self, browser: httpx2.AsyncClient, issuer: str) -> None:
        asked = await start(browser)
        await back(browser, issuer, asked, "none")
        assert await back(browser, issuer, asked, "none") == "/sign-in?problem=expired"

    @pytest.mark.parametrize(
        "path", ["//evil.example", "/\\evil.example", "https://evil.example", "x", "/\n/e"]
    )
    async def test_leads_to_this_server_only(
        self, browser: httpx2.AsyncClient, issuer: str, path: str
    ) -> None:
        asked = await start(browser, next=path)
        assert await back(browser, issuer, asked, "none") == "/"


class TestWhoIsLetIn:
    async def test_nobody_of_another_domain(self, browser: httpx2.AsyncClient, issuer: str) -> None:
        asked = await start(browser)
        where = await back(browser, issuer, asked, "none", says={"email": "eve@evil.example"})
        assert where == "/sign-in?problem=not_invited"

    @pytest.mark.parametrize("verified", [False, "true", None, 1])
    async def test_nobody_whose_address_is_not_verified(
        self, browser: httpx2.AsyncClient, issuer: str, verified
    ) -> None:
        asked = await start(browser)
        where = await back(browser, issuer, asked, "none", says={"email_verified": verified})
        assert where == "/sign-in?problem=not_invited"

    @pytest.mark.parametrize(
        "email", ["eve@example.org.evil.example", "eve@notexample.org", "example.org", ""]
    )
    async def test_nobody_whose_domain_only_looks_right(
        self, browser: httpx2.AsyncClient, issuer: str, email: str
    ) -> None:
        asked = await start(browser)
        where = await back(browser, issuer, asked, "none", says={"email": email})
        assert where == "/sign-in?problem=not_invited"
        assert not is_signed_in(browser)

    async def test_somebody_with_an_invitation_without_any_address(
        self, browser: httpx2.AsyncClient, issuer: str
    ) -> None:
        async with db.database().transaction() as session:
            url = await joining.owner_link(session)
        assert url is not None
        asked = await start(browser, invitation=url.rpartition("/")[2])
        assert await back(browser, issuer, asked, "none", says={"email": None}) == "/"
        assert (await browser.get("/api/v1/me")).json()["roles"] == ["owner"]

    async def test_the_same_subject_again_whatever_the_address_says_now(
        self, browser: httpx2.AsyncClient, issuer: str
    ) -> None:
        await back(browser, issuer, await start(browser), "none")
        first = (await browser.get("/api/v1/me")).json()["account_id"]
        browser.cookies.clear()
        asked = await start(browser)
        await back(
            browser, issuer, asked, "none", says={"email": "new@evil.example", "email_verified": False}
        )
        assert (await browser.get("/api/v1/me")).json()["account_id"] == first

    async def test_a_local_account_is_linked_only_by_a_verified_address_of_an_allowed_domain(
        self, browser: httpx2.AsyncClient, issuer: str
    ) -> None:
        mine = await people.person(await people.team(), "owner", email="owner@elsewhere.example")
        asked = await start(browser)
        where = await back(browser, issuer, asked, "none", says={"email": mine.email})
        assert where == "/sign-in?problem=email_taken"
        ours = await people.person(await people.team(), "editor", email="grace@example.org")
        asked = await start(browser)
        await back(browser, issuer, asked, "none", says={"email": ours.email})
        assert (await browser.get("/api/v1/me")).json()["account_id"] == ours.by.account_id


async def test_a_provider_that_names_another_issuer_is_not_used(
    browser: httpx2.AsyncClient, issuer: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_OIDC_ISSUER", f"{issuer}/liar")
    conftest.settings.cache_clear()
    assert (await browser.get("/auth/oidc")).headers["location"] == "/sign-in?problem=provider"


async def test_a_provider_that_is_away_is_told_so(
    browser: httpx2.AsyncClient, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_OIDC_ISSUER", f"http://127.0.0.1:{free_port()}")
    conftest.settings.cache_clear()
    assert (await browser.get("/auth/oidc")).headers["location"] == "/sign-in?problem=unreachable"


async def test_without_a_provider_the_address_does_not_exist(
    browser: httpx2.AsyncClient, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_OIDC_ISSUER", "")
    conftest.settings.cache_clear()
    assert (await browser.get("/auth/oidc")).status_code == 404
