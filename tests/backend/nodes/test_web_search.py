"""Web search against a real server that speaks as SearXNG, Brave and Tavily do."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import JsonValue

from backend.core import http
from backend.core.errors import NotFound
from backend.nodes.answers import Rest
from backend.nodes.kind import HttpReply
from backend.nodes.web_search import NoService, SearchError, ServiceFails
from tests.backend.nodes.fakes import FakeContext
from tests.backend.nodes.test_tools import used
from tests.conftest import forget_settings
from tests.http_server import Answer, Asked, json_answer, serving

PAGE = {
    "title": "A <b>page</b>",
    "url": "https://a.example/",
    "content": "What it\n says.",
    "description": "What it says.",
}
ANSWERS: dict[str, Any] = {
    "searxng": {
        "query": "q",
        "results": [PAGE, {"title": "no address"}, {"url": "javascript:alert(1)"}, "odd"],
    },
    "brave": {"type": "search", "web": {"type": "search", "results": [PAGE, {"url": None}]}},
    "tavily": {"query": "q", "answer": None, "results": [PAGE | {"score": 0.9}]},
}


class Online(FakeContext):
    """Requests really go out."""

    async def http(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: JsonValue,
        timeout_seconds: float,
        redirects: int = 3,
        rest: Rest | None = None,
    ) -> HttpReply:
        import json

        content = None if body is None else json.dumps(body).encode()
        reply = await http.request(method, url, headers=headers, content=content)
        return HttpReply(status=reply.status, headers=dict(reply.headers), body=reply.body())

    async def secret(self, name: str) -> str:
        if name == "BRAVE_API_KEY":
            return "brave-key"
        if name == "TAVILY_API_KEY":
            return "tavily-key"
        raise NotFound(name)


def choose(environment: pytest.MonkeyPatch, provider: str, url: str = "") -> None:
    environment.setenv("QUADRILLE_SEARCH_PROVIDER", provider)
    environment.setenv("QUADRILLE_SEARCH_URL", url)
    environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
    forget_settings()


@pytest.mark.parametrize("provider", ANSWERS)
async def test_each_service_is_asked_and_read_in_its_own_way(
    provider: str, environment: pytest.MonkeyPatch
) -> None:
    async with serving(lambda _: json_answer(ANSWERS[provider])) as server:
        choose(environment, provider, server.url + "/")
        found = await used("web_search", Online(), query="red & blue", limit=3)
    assert found == [{"title": "A <b>page</b>", "url": "https://a.example/", "text": "What it says."}]
    (asked,) = server.asked
    said = parse_qs(urlsplit(asked.path).query)
    if provider == "searxng":
        assert (urlsplit(asked.path).path, said["q"], said["format"]) == ("/search", ["red & blue"], ["json"])
    if provider == "brave":
        assert (urlsplit(asked.path).path, said["q"], said["count"]) == (
            "/res/v1/web/search",
            ["red & blue"],
            ["3"],
        )
        assert asked.headers["x-subscription-token"] == "brave-key"
    if provider == "tavily":
        assert (asked.method, asked.path, asked.json()["query"], asked.json()["max_results"]) == (
            "POST", "/search", "red & blue", 3,
        )  # fmt: skip
        assert asked.headers["authorization"] == "Bearer tavily-key"


@pytest.mark.parametrize("provider", ANSWERS)
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(429, b"slow down", {"retry-after": "7"}), "too often"),
        (Answer(403, b"no"), "refuses to answer"),
        (Answer(500, b"<h1>Oops</h1>"), "answered 500"),
        (Answer(200, b"<html>", {"content-type": "text/html"}), "did not answer with JSON"),
        (json_answer({"web": 3, "results": 7}), "with results"),
    ],
)
async def test_errors_say_what_is_wrong(
    provider: str, answer: Answer, told: str, environment: pytest.MonkeyPatch
) -> None:
    def say(asked: Asked) -> Answer:
        return answer

    async with serving(say) as server:
        choose(environment, provider, server.url)
        with pytest.raises(ServiceFails, match=told) as wrong:
            await used("web_search", Online(), query="q")
    if answer.status == 429:
        assert "7 seconds" in wrong.value.fix


async def test_without_a_service_or_a_key_it_says_so(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoService, match="No web search is set up"):
        await used("web_search", Online(), query="q")
    choose(environment, "searxng")
    with pytest.raises(NoService, match="no address"):
        await used("web_search", Online(), query="q")
    choose(environment, "brave")

    class Keyless(Online):
        async def secret(self, name: str) -> str:
            raise NotFound(name)

    with pytest.raises(SearchError, match="no key for Brave"):
        await used("web_search", Keyless(), query="q")
