"""Tool servers against a real MCP server: nothing is used that nobody accepted, and a server that changes, hangs or floods harms nobody."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from app.api import api
from backend.core import db
from backend.core.errors import NotAllowed, NotFound
from backend.core.http import AnswerTooLarge
from backend.core.settings import settings
from backend.identity import secrets
from backend.identity.principal import Principal
from backend.nodes.kind import ServerTool
from backend.tool_servers import service, using, wire
from backend.tool_servers.pinning import ToolOff, called
from backend.tool_servers.schemas import Accepted, Accepting, ServerCreate, ServerPublic
from backend.tool_servers.wire import Place, ServerFails, ServerSilent
from tests.backend.identity import people
from tests.backend.tool_servers.shop import CALM, EVIL, Shop, open_shop
from tests.http_server import Answer, serving

pytestmark = pytest.mark.db


@pytest.fixture
async def shop(environment: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
    settings.cache_clear()
    async with open_shop() as opened:
        yield opened


async def admin(team_id: str = "") -> Principal:
    return (await people.person(team_id or await people.team(), "admin")).by


async def accepted(by: Principal, url: str, *names: str, effects: Any = None) -> ServerPublic:
    """The server, with these of its tools accepted."""
    made = await service.add(by, ServerCreate(name="shop", address=url))
    wishes = [Accepted(name=t.name, digest=t.digest, effects=effects) for t in made.tools if t.name in names]
    async with db.database().transaction() as session:
        return await service.accept(session, by, "shop", Accepting(tools=wishes))


async def use(by: Principal, name: str, **arguments: Any) -> Any:
    told: list[str] = []
    (tool,) = await using.offered(by.team_id, [name])
    return await using.call(by.team_id, tool, arguments, "key", told.append)


def states(server: ServerPublic) -> dict[str, str]:
    return {tool.name: tool.state for tool in server.tools}


async def test_only_what_somebody_accepted_can_be_used(database: db.Database, shop: Shop) -> None:
    by = await admin()
    made = await service.add(by, ServerCreate(name="shop", address=shop.url))
    assert (made.problem, states(made)) == ("", dict.fromkeys(("fail", "flood", "hang", "price"), "new"))
    assert {tool.called for tool in made.tools} >= {"shop__price"}
    with pytest.raises(ToolOff, match="nobody has accepted"):
        await use(by, "shop__price", article="chair")
    wrong = Accepting(tools=[Accepted(name="price", digest="0" * 64)])
    with pytest.raises(service.Outdated):
        async with db.database().transaction() as session:
            await service.accept(session, by, "shop", wrong)
    digest = next(tool.digest for tool in made.tools if tool.name == "price")
    async with db.database().transaction() as session:
        await service.accept(session, by, "shop", Accepting(tools=[Accepted(name="price", digest=digest)]))
    (told,) = await using.offered(by.team_id, ["shop__price"])
    assert (told.description, told.effects, "article" in str(told.arguments["properties"])) == (
        CALM,
        ["external"],
        True,
    )
    found = await use(by, "shop__price", article="chair", count=3)
    assert found["data"]["total"] == pytest.approx(59.97)
    assert shop.calls == [("chair", 3)]
    with pytest.raises(NotFound):
        await using.offered((await admin()).team_id, ["shop__price"])


async def test_a_changed_definition_is_refused_until_a_person_accepts_it(
    sqlite_database: db.Database, shop: Shop
) -> None:
    by = await admin()
    await accepted(by, shop.url, "price", effects=["read"])
    (told,) = await using.offered(by.team_id, ["shop__price"])
    shop.change(EVIL)
    with pytest.raises(ToolOff, match="changed its definition"):
        await using.call(by.team_id, told, {"article": "chair"}, "key", lambda _: None)
    assert shop.calls == [], "it was not even called"
    with pytest.raises(ToolOff):
        await using.offered(by.team_id, ["shop__price"])
    async with db.database().reading() as session:
        seen = next(t for t in (await service.get(session, by, "shop")).tools if t.name == "price")
    assert (seen.state, (seen.accepted or {})["description"], (seen.seen or {})["description"]) == (
        "changed",
        CALM,
        EVIL,
    )
    shop.change(CALM)
    assert states(await service.look(by, "shop"))["price"] == "accepted", "it is what was accepted again"
    shop.change(EVIL)
    await service.look(by, "shop")
    wish = Accepting(tools=[Accepted(name="price", digest=seen.digest)])
    async with db.database().transaction() as session:
        server = await service.accept(session, by, "shop", wish)
    assert (states(server)["price"], next(t.effects for t in server.tools if t.name == "price")) == (
        "accepted",
        ["read"],
    )
    with pytest.raises(ToolOff, match="accepted anew"):
        await using.call(by.team_id, told, {"article": "chair"}, "key", lambda _: None)
    await use(by, "shop__price", article="chair")
    shop.server.remove_tool("price")
    with pytest.raises(ToolOff, match="no longer"):
        await use(by, "shop__price", article="chair")


async def test_servers_that_hang_flood_or_fail(
    sqlite_database: db.Database, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = await admin()
    await accepted(by, shop.url, "hang", "flood", "fail")
    with pytest.raises(using.ToolFailed, match="no such article"):
        await use(by, "shop__fail")
    cut = await use(by, "shop__flood", size=300_000)
    assert (len(cut["text"]), cut["left_out"]) == (200_000, 100_000)
    with pytest.raises((AnswerTooLarge, ServerFails)):
        await use(by, "shop__flood", size=3_000_000)
    patience = 0.5
    while "hang" not in shop.calls:  # a slow machine needs longer to get there
        patience *= 2
        monkeypatch.setattr(wire, "SECONDS", patience)
        with pytest.raises((ServerSilent, ServerFails)):
            await use(by, "shop__hang")


async def test_a_flood_of_json_ends_at_the_limit(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
    settings.cache_clear()
    async with open_shop(answers_json=True) as shop:
        place = Place(shop.url)
        digest = {one.name: one.digest() for one in await wire.definitions(place)}["flood"]
        said = await wire.call(place, "flood", digest, {"size": 10}, "key")
        assert isinstance(said, wire.Said)
        assert said.text == "x" * 10
        with pytest.raises(AnswerTooLarge):
            await wire.call(place, "flood", digest, {"size": 3_000_000}, "key")


@pytest.mark.parametrize(
    "answer",
    [Answer(404), Answer(500, b"oops"), Answer(200, b"<html>", {"content-type": "text/html"}), Answer(302, b"", {"location": "http://10.0.0.1/"}),
     Answer(200, b"{}", {"content-type": "application/json"}), Answer(401, b"no")],
)  # fmt: skip
async def test_what_is_no_mcp_server_says_so(environment: pytest.MonkeyPatch, answer: Answer) -> None:
    environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
    settings.cache_clear()
    async with serving(lambda _: answer) as server:
        with pytest.raises(ServerFails):
            await wire.definitions(Place(f"{server.url}/mcp", "t0ken"))
    assert server.asked[0].headers["authorization"] == "Bearer t0ken"


async def test_private_addresses_and_commands_are_the_operators_to_allow(
    sqlite_database: db.Database, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    by = await admin()
    made = await service.add(by, ServerCreate(name="here", address="http://127.0.0.1:1/mcp"))
    assert "must not be reached" in made.problem
    made = await service.add(by, ServerCreate(name="shell", address="stdio:clock"))
    assert "No command is called “clock”" in made.problem
    script = tmp_path / "clock.py"
    script.write_text(
        "from mcp.server.mcpserver import MCPServer\nserver = MCPServer('clock')\n\n\n@server.tool()\n"
        "def now() -> str:\n    '''The time.'''\n    return 'noon'\n\n\nserver.run()\n"
    )
    environment.setenv("QUADRILLE_MCP_COMMANDS", f'{{"clock": ["{sys.executable}", "{script}"]}}')
    settings.cache_clear()
    place = Place("stdio:clock")
    (found,) = await wire.definitions(place)
    said = await wire.call(place, "now", found.digest(), {}, "key")
    assert (found.name, getattr(said, "text", "")) == ("now", "noon")


async def test_the_secret_is_sent_and_covered(sqlite_database: db.Database, shop: Shop) -> None:
    by = await admin()
    made = await service.add(by, ServerCreate(name="shop", address=shop.url, secret="shop_key"))  # noqa: S106 - its name
    assert "no secret named" in made.problem
    async with db.database().transaction() as session:
        await secrets.put(session, by, "shop_key", "s3cret-token")
    made = await service.look(by, "shop")
    assert (made.problem, "s3cret" in made.model_dump_json()) == ("", False)


async def test_who_may_what(sqlite_database: db.Database, shop: Shop) -> None:
    team_id = await people.team()
    editor = (await people.person(team_id, "editor")).by
    with pytest.raises(NotAllowed):
        await service.add(editor, ServerCreate(name="shop", address=shop.url))
    by = await admin(team_id)
    await accepted(by, shop.url, "price")
    for call in (service.look(editor, "shop"),):
        with pytest.raises(NotAllowed):
            await call
    with pytest.raises(service.NameTaken):
        await service.add(by, ServerCreate(name="shop", address=shop.url))
    async with db.database().transaction() as session:
        await service.remove(session, by, "shop")
    with pytest.raises(NotFound):
        await use(by, "shop__price", article="chair")


@pytest.mark.redis
async def test_over_http(
    sqlite_database: db.Database, redis_url: str, environment: pytest.MonkeyPatch, shop: Shop
) -> None:
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)
    team_id = await people.team()
    person = await people.person(team_id, "admin")
    app: FastAPI = api()
    async with people.browser(app, await people.session_token(person)) as browser:
        made = await browser.post("/api/v1/tool-servers", json={"name": "shop", "address": shop.url})
        assert made.status_code == 201, made.text
        digest = next(tool["digest"] for tool in made.json()["tools"] if tool["name"] == "price")
        body = {"tools": [{"name": "price", "digest": digest, "effects": ["read", "money"]}]}
        done = await browser.post("/api/v1/tool-servers/shop/accept", json=body)
        assert done.status_code == 200, done.text
        listed = {tool["name"]: tool for tool in (await browser.get("/api/v1/tools")).json()}
        assert listed["shop__price"]["effects"] == ["money", "read"]
        assert "shop__hang" not in listed
        assert (await browser.post("/api/v1/tool-servers/shop/look")).status_code == 200
        assert (await browser.delete("/api/v1/tool-servers/shop")).status_code == 204
        bad = await browser.post("/api/v1/tool-servers", json={"name": "Bad name", "address": "file:///etc"})
        assert bad.status_code == 422


def test_names_cannot_stand_in_for_others() -> None:
    assert called("shop", "find.order/2") == "shop__find_order_2"
    assert called("shop", "a.b", {"shop__a_b"}) != "shop__a_b"
    assert len(called("shop", "x" * 300)) == 64
    assert called("shop", "x" * 300) != called("shop", "x" * 301)
    told = ServerTool(name="a__b", title="B", digest="d")
    assert told.effects == ["external"]
