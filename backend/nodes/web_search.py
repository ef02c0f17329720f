"""Search services of the web behind one function: SearXNG, Brave and Tavily, each by its own wire format.

SearchError (Refused)
├── NoService     none is set up, or its key is missing
└── ServiceFails  it answers with an error, or not as it should
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode

from pydantic import JsonValue

from backend.core.errors import NotFound
from backend.core.settings import settings
from backend.nodes.kind import HttpReply, NodeContext
from backend.nodes.tool import Refused

_SECONDS = 15.0
_LONGEST = 1_000  # characters of what a result says


class SearchError(Refused):
    """There are no results."""


class NoService(SearchError):
    """Nobody set one up, or its key is missing."""

    code = "search_missing"


class ServiceFails(SearchError):
    """It answers with an error, or not in its own format."""

    code = "search_failed"


@dataclass(frozen=True)
class Result:
    """A page that was found."""

    title: str
    url: str
    text: str


@dataclass(frozen=True)
class Request:
    """What is sent to a service."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: JsonValue = None


@dataclass(frozen=True)
class Service:
    """One search service: how it is asked, and where its results stand in the answer."""

    title: str
    secret: str  # of the team, with the key; empty where none is needed
    address: str  # of its own; empty where the operator must say it
    ask: Callable[[str, str, int, str], Request]
    found: Callable[[Any], list[Any]]
    text: str  # the field with what the page says


def _searxng(address: str, query: str, limit: int, key: str) -> Request:
    return Request(f"{address}/search?{urlencode({'q': query, 'format': 'json', 'safesearch': 1})}")


def _brave(address: str, query: str, limit: int, key: str) -> Request:
    headers = {"X-Subscription-Token": key, "Accept": "application/json"}
    asked = urlencode({"q": query, "count": limit, "text_decorations": "false"})
    return Request(f"{address}/res/v1/web/search?{asked}", headers=headers)


def _tavily(address: str, query: str, limit: int, key: str) -> Request:
    headers = {"Authorization": f"Bearer {key}"}
    body: JsonValue = {"query": query, "max_results": limit, "search_depth": "basic"}
    return Request(f"{address}/search", "POST", headers, body)


SERVICES: Mapping[str, Service] = {
    "searxng": Service("SearXNG", "", "", _searxng, lambda told: told.get("results", []), "content"),
    "brave": Service(
        "Brave", "BRAVE_API_KEY", "https://api.search.brave.com", _brave,
        lambda told: told["web"]["results"], "description",
    ),
    "tavily": Service(
        "Tavily", "TAVILY_API_KEY", "https://api.tavily.com", _tavily, lambda told: told.get("results", []), "content"
    ),
}  # fmt: skip


async def search(ctx: NodeContext, query: str, limit: int) -> list[Result]:
    """The best results of the operator's service, with the team's key; raises SearchError or OutboundError."""
    service = SERVICES.get(settings().search_provider)
    if service is None:
        fix = "The operator sets QUADRILLE_SEARCH_PROVIDER to searxng, brave or tavily."
        raise NoService("No web search is set up in this installation.", fix=fix)
    address = (settings().search_url or service.address).rstrip("/")
    if not address:
        raise NoService(
            f"{service.title} has no address here.", fix="The operator sets QUADRILLE_SEARCH_URL."
        )
    asked = service.ask(address, query, limit, await _key(ctx, service))
    reply = await ctx.http(
        asked.method, asked.url, headers=asked.headers, body=asked.body, timeout_seconds=_SECONDS, redirects=0
    )
    _require_answer(service, reply)
    try:
        rows = [cast(Mapping[str, Any], row) for row in service.found(reply.body) if isinstance(row, Mapping)]
    except (AttributeError, KeyError, TypeError):
        raise ServiceFails(f"{service.title} did not answer with results.") from None
    found = [_result(row, service.text) for row in rows if str(row.get("url") or "").startswith("http")]
    return found[:limit]


async def _key(ctx: NodeContext, service: Service) -> str:
    if not service.secret:
        return ""
    try:
        return await ctx.secret(service.secret)
    except NotFound:
        fix = f"Store it as the secret {service.secret} of the team."
        raise NoService(f"There is no key for {service.title}.", fix=fix) from None


def _require_answer(service: Service, reply: HttpReply) -> None:
    if reply.status == 429:
        after = next((value for name, value in reply.headers.items() if name.lower() == "retry-after"), "")
        wait = f" in {after} seconds" if after.isdecimal() else " later"
        raise ServiceFails(f"{service.title} was asked too often.", fix=f"Search again{wait}.")
    if reply.status in (401, 403):
        fix = (
            f"Check the secret {service.secret}."
            if service.secret
            else "Allow its format json in its settings."
        )
        raise ServiceFails(f"{service.title} refuses to answer ({reply.status}).", fix=fix)
    if reply.status != 200:
        raise ServiceFails(f"{service.title} answered {reply.status}.", fix="Try again later.")
    if not isinstance(reply.body, dict):
        raise ServiceFails(f"{service.title} did not answer with JSON.", fix="Check QUADRILLE_SEARCH_URL.")


def _result(row: Mapping[str, Any], text: str) -> Result:
    said = (str(row.get(name) or "") for name in ("title", "url", text))
    title, url, words = (" ".join(one.split())[:_LONGEST] for one in said)
    return Result(title, url, words)
