"""An agent's loop as the product plays it and as it is written with LangChain alone, against the same server."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from langchain.chat_models import init_chat_model
from langchain_core.messages import HumanMessage, ToolMessage

from backend.core import db, redis
from backend.core.settings import settings
from backend.nodes.tool_registry import all_tools
from backend.nodes.tools import calculator
from backend.runs import starting
from backend.workflows.diagram import Diagram, Node
from tests.backend.runs import made
from tests.backend.runs.stage import Stage, drawn, staged
from tests.bench._scripted_server import task
from tests.servers import Sqlite, Valkey

SHORT, LONG = 1, 6
"""So often a tool is called by the two agents whose difference is the cost of their calls alone."""

Play = Callable[[], Awaitable[None]]


def calls(tools: int) -> int:
    """What an agent records: the model's answers and the tool's."""
    return 2 * tools + 1


BETWEEN = calls(LONG) - calls(SHORT)


@asynccontextmanager
async def standing_stage(url: str) -> AsyncIterator[Stage]:
    """The real kinds and the worker's own context, on SQLite with fsync."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["QUADRILLE_ENV"] = "test"
        os.environ["QUADRILLE_DATA_DIR"] = folder
        os.environ["QUADRILLE_DATABASE_URL"] = Sqlite(Path(folder)).fresh(Path(folder) / "bench.db")
        os.environ["QUADRILLE_OPENAI_BASE_URL"] = f"{url}/v1"
        valkey = Valkey(Path(folder))
        valkey.start()
        os.environ["QUADRILLE_REDIS_URL"] = valkey.url
        settings.cache_clear()
        async with staged() as stage:
            yield stage
        await redis.client().aclose()
        await db.database().close()
        valkey.stop()


def agent(tools: int, **more: str) -> Diagram:
    """A workflow of one agent."""
    config = {"task": task(tools), "model": "compatible:tiny", "tools": ["calculator"], **more}
    return drawn([Node(id="agent", kind="agent", config=config)], "start>agent", "agent>output")


async def claimed(stage: Stage, diagram: Diagram, count: int, slug: str) -> list[Any]:
    """Runs that a worker has taken and not begun."""
    world = await made.published(stage.by, diagram, slug)
    found: list[Any] = []
    for _ in range(count):
        async with db.database().transaction() as session:
            run = await starting.start(session, stage.by, workflow_id=world.workflow_id, input={})
        found.append(await stage.claimed(run.id))
    return found


async def ours(stage: Stage, tools: int, count: int) -> Play:
    """Plays one of so many runs each time."""
    runs = await claimed(stage, agent(tools), count, f"calls-{calls(tools)}")

    async def play() -> None:
        outcome = await stage.engine.play(runs.pop())
        assert outcome.status == "succeeded", outcome.error

    return play


def plain(url: str, tools: int) -> Play:
    """The same loop as it is written with LangChain alone."""
    tool = all_tools()["calculator"]
    offered = {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": tool.schema()},
    }
    make: Any = init_chat_model
    shared = {"base_url": f"{url}/v1", "api_key": "none", "max_retries": 0, "stream_usage": True}
    bound = make("tiny", model_provider="openai", **shared).bind_tools([offered])

    async def play() -> None:
        talk: list[Any] = [HumanMessage(task(tools))]
        asked = 0
        while True:
            whole: Any = None
            async for piece in bound.astream(talk):
                whole = piece if whole is None else whole + piece
            talk.append(whole)
            if not whole.tool_calls:
                assert asked == tools
                return
            for call in whole.tool_calls:
                asked += 1
                value = calculator.value_of(call["args"]["expression"])
                talk.append(ToolMessage(str(value), tool_call_id=call["id"]))

    return play


async def by_turns(
    plays: list[Play], rounds: int, measure: Callable[[Play], Awaitable[Any]]
) -> list[list[Any]]:
    """What `measure` says of each, round after round, since the machine is shared."""
    found: list[list[Any]] = []
    for _ in range(rounds):
        found.append([await measure(play) for play in plays])
        await asyncio.sleep(0)
    return found
