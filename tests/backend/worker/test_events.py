"""Runs that wait for events, in worker processes: woken by another run of the team, by REST, and after kill -9."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.workflows.diagram import Diagram, Node
from tests.backend.runs import made
from tests.backend.runs.served import calling, serving
from tests.backend.worker.house import House, check_invariants
from tests.backend.worker.over_rest import Program

pytestmark = [pytest.mark.db, pytest.mark.redis]


@pytest.fixture
async def program(house: House) -> AsyncIterator[Program]:
    nobody = await made.world()
    async with serving() as port, calling(port, nobody.by) as caller:
        yield Program(caller)


def waits() -> Diagram:
    start, output = Node(id="start", kind="start"), Node(id="output", kind="output")
    wait = Node(id="wait", kind="wait_for_event", config={"event": "order.paid", "key": "{{ input.order }}"})
    drawn = made.chain(start, wait, output)
    wires = tuple(
        w.model_copy(update={"source_port": "received"}) if w.source == "wait" else w for w in drawn.wires
    )
    return drawn.model_copy(update={"wires": wires, "name": "Waits"})


def tells() -> Diagram:
    start, output = Node(id="start", kind="start"), Node(id="output", kind="output")
    config: dict[str, Any] = {
        "topic": "order.paid", "key": "{{ input.order }}", "data": [{"name": "amount", "value": "{{ input.amount }}"}],
    }  # fmt: skip
    return made.chain(start, Node(id="tell", kind="emit_event", config=config), output)


async def test_events_reach_the_runs_that_wait_over_kills_and_restarts(
    house: House, program: Program
) -> None:
    worker = house.worker()
    waiting, telling = await program.make(waits()), await program.make(tells())
    runs = [await program.start(waiting, {"order": order}) for order in ("42", "43")]
    for run in runs:
        await program.until(run["id"], lambda run: run["status"] == "waiting_event")
    house.kill(worker)
    sent = await program.http.post(
        f"/runs/{runs[1]['id']}/signals", json={"name": "order.paid", "key": "43", "payload": {"amount": 7}}
    )
    assert sent.status_code == 202, sent.text
    house.worker()
    late = await program.start(waiting, {"order": "44"})
    told = {"topic": "order.paid", "key": "44", "payload": {"amount": 9}}
    for repeated in (False, True):
        kept = await program.http.post("/events", json=told, headers={"Idempotency-Key": "paid-44"})
        assert (kept.status_code, kept.json()["repeated"]) == (202, repeated), kept.text
    teller = await program.start(telling, {"order": "42", "amount": 5})
    ended = [await house.ended(run["id"]) for run in (*runs, late, teller)]
    assert [run.status for run in ended] == ["succeeded"] * 4, [run.error for run in ended]
    assert [run.output["data"] for run in ended[:3]] == [{"amount": 5}, {"amount": 7}, {"amount": 9}]
    assert ended[0].output["by"] == teller["id"]
    await check_invariants(ended)
