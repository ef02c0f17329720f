"""An agent in a run of a real worker reads a file and a database and calls a tool of an MCP server; each is recorded once."""

import base64
import sqlite3
from typing import Any

import pytest

from backend.core import db
from backend.core.databases import sqlite
from backend.identity import secrets
from backend.tool_servers import service as servers
from backend.tool_servers.schemas import Accepted, Accepting, ServerCreate
from backend.workflows.diagram import Diagram, Node, Wire
from tests.backend.runs import made
from tests.backend.tool_servers.shop import EVIL, Shop, open_shop
from tests.backend.worker.house import House, events, steps

pytestmark = [pytest.mark.db, pytest.mark.redis]
SCRIPT = """
turns:
  - after: 0
    call:
      - {tool: read_document, with: {source: file}}
      - {tool: sql, with: {statement: "SELECT total FROM orders WHERE id = $1", parameters: [1]}}
      - {tool: shop__price, with: {article: chair, count: 3}}
      - {tool: web_search, with: {query: chairs}}
  - say: Done.
"""


def clerk() -> Diagram:
    config: dict[str, Any] = {
        "task": "Look.",
        "model": "scripted/script",
        "script": SCRIPT,
        "tools": ["read_document", "sql", "shop__price", "web_search"],
        "databases": ["orders_db"],
    }
    return Diagram(
        name="Clerk",
        nodes=(
            Node(id="start", kind="start"),
            Node(id="clerk", kind="agent", config=config),
            Node(id="output", kind="output"),
        ),
        wires=(Wire(source="start", target="clerk"), Wire(source="clerk", target="output")),
    )


async def furnished(world: made.World, shop: Shop) -> None:
    """A database of the team, its address as a secret, and an accepted tool of a server."""
    path = sqlite.folder(world.by.team_id) / "orders.db"
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE orders (id INTEGER, total REAL)")
        file.execute("INSERT INTO orders VALUES (1, 19.5)")
    file.close()
    async with db.database().transaction() as session:
        await secrets.put(session, world.by, "orders_db", "sqlite:///orders.db")
    seen = await servers.add(world.by, ServerCreate(name="shop", address=shop.url))
    wishes = [Accepted(name=one.name, digest=one.digest) for one in seen.tools if one.name == "price"]
    async with db.database().transaction() as session:
        await servers.accept(session, world.by, "shop", Accepting(tools=wishes))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_agent_reads_files_and_databases_and_calls_servers(
    house: House, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
    from backend.core.settings import settings

    settings.cache_clear()
    world = await made.world(clerk())
    async with open_shop() as shop:
        await furnished(world, shop)
        house.worker(QUADRILLE_OUTBOUND_ALLOW="127.0.0.1")
        paper = "data:text/plain;base64," + base64.b64encode(b"What the paper says.").decode()
        run = await house.ended(await house.start(world, {"file": paper}))
        assert run.status == "succeeded", run.error
        told = {e.data["tool"]: str(e.data) for e in await events(run) if e.kind == "tool.answered"}
        assert "What the paper says." in told["read_document"]
        assert "19.5" in told["sql"]
        assert "59.97" in told["shop__price"]
        assert "No web search is set up" in told["web_search"], "and it says who can mend that"
        assert shop.calls == [("chair", 3)]
        shop.change(EVIL)
        run = await house.ended(await house.start(world, {"file": paper}))
        told = {e.data["tool"]: str(e.data) for e in await events(run) if e.kind == "tool.answered"}
        assert "changed its definition" in told["shop__price"]
        run = await house.ended(await house.start(world, {"file": paper}))
        failed = next(step for step in await steps(run) if step.node_id == "clerk")
        assert (run.status, (failed.error or {}).get("code")) == ("failed", "tool_off")
        assert len(shop.calls) == 1
