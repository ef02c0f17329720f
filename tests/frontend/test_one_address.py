"""Other names of this machine lead to the public address; nothing else is redirected."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.responses import PlainTextResponse

from frontend.one_address import OneAddress

HTML = {"accept": "text/html,*/*"}


@pytest.fixture
async def client(environment: pytest.MonkeyPatch) -> AsyncIterator[httpx2.AsyncClient]:
    environment.setenv("QUADRILLE_PORT", "3100")
    app = OneAddress(PlainTextResponse("a page"))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as client:
        yield client


async def test_localhost_leads_to_the_public_address_path_and_query_included(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.get("http://localhost:3100/join/abc?x=1&y=%20", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (
        307,
        "http://127.0.0.1:3100/join/abc?x=1&y=%20",
    )


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("http://127.0.0.1:3100/", HTML),
        ("http://localhost:3100/health/live", {"accept": "*/*"}),
        ("http://localhost:3200/", HTML),
        ("http://flows.example/", HTML),
        ("http://flows.example:3100/", HTML),
    ],
)
async def test_everything_else_passes(client: httpx2.AsyncClient, url: str, headers: dict[str, str]) -> None:
    assert (await client.get(url, headers=headers)).text == "a page"


async def test_what_is_sent_is_never_redirected(client: httpx2.AsyncClient) -> None:
    assert (await client.post("http://localhost:3100/", headers=HTML)).text == "a page"


async def test_a_server_on_all_addresses_names_one_that_can_be_opened(
    environment: pytest.MonkeyPatch,
) -> None:
    from backend.core.settings import settings

    environment.setenv("QUADRILLE_HOST", "0.0.0.0")  # noqa: S104
    settings.cache_clear()
    assert settings().resolved_public_url() == "http://127.0.0.1:3000"
