"""Templates as people change them: a lead's register with an address, and reminders that nobody answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from backend.runs.schemas import TERMINAL
from backend.workflows import templates
from backend.workflows.diagram import Diagram
from tests.backend.runs import made
from tests.backend.runs.served import calling, serving
from tests.backend.worker.house import House
from tests.backend.worker.over_rest import Program
from tests.conftest import forget_settings

pytestmark = [pytest.mark.db, pytest.mark.redis, pytest.mark.openvino]
COMPANY = {"company": "Paper and Daughters", "employees": 5000}


def changed(name: str, **settings: dict[str, Any]) -> Diagram:
    """A template with other settings of some nodes."""
    raw = templates.get(name).diagram.model_dump(mode="json")
    for node in raw["nodes"]:
        node["config"] |= settings.get(node["id"], {})
    return Diagram.model_validate(raw)


@asynccontextmanager
async def register(asked: list[str]) -> AsyncIterator[str]:
    """A company register, which remembers what it was asked; its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(head.split()[1])
        body = orjson.dumps(COMPANY)
        told = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(told.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/companies/"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_with_an_address_the_register_is_really_asked(
    house: House, shared_worker: object, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_API_RATE_PER_MINUTE", "0")
    forget_settings()
    house.worker(QUADRILLE_OUTBOUND_ALLOW="127.0.0.1")
    asked: list[str] = []
    source = templates.get("lead-qualification").diagram.node("lead").config["source"]
    nobody = await made.world()
    async with serving() as port, calling(port, nobody.by) as caller, register(asked) as address:
        program = Program(caller)
        told = source.replace('register = ""', f'register = "{address}"')
        assert told != source
        workflow = await program.make(changed("lead-qualification", lead={"source": told}))
        sample = templates.get("lead-qualification").diagram.samples["waits for an answer"]
        run = await program.at_rest((await program.start(workflow, sample))["id"])
        steps = await program.steps(run["id"])
    assert asked == ["/companies/paper.example"]
    assert steps["register"]["output"]["body"] == COMPANY
    assert "sample" not in steps or steps["sample"]["status"] == "skipped"
    fused = steps["fuse"]["output"]
    assert (fused["value"]["company"], fused["from"]["employees"]) == ("Paper and Daughters", "register")
    assert run["status"] == "waiting_event"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_warm_lead_that_never_answers_is_reminded_twice_and_archived(
    house: House, shared_worker: object, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_API_RATE_PER_MINUTE", "0")
    forget_settings()
    house.worker()
    nobody = await made.world()
    async with serving() as port, calling(port, nobody.by) as caller:
        program = Program(caller)
        workflow = await program.make(changed("lead-qualification", answer={"timeout": 0.1}))
        sample = templates.get("lead-qualification").diagram.samples["waits for an answer"]
        started = await program.start(workflow, sample)
        run = await program.until(started["id"], lambda run: run["status"] in TERMINAL)
        emitted = await program.emitted(run["id"])
    assert emitted == ["lead.followed_up", "lead.followed_up", "lead.qualified"]
    assert run["output"]["outcome"] == "filed", run
