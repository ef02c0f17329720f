"""A worker is killed while it undoes a saga: the next one goes on with the undoing, and undoes nothing twice."""

import asyncio
from collections import Counter

import pytest

from backend.workflows.diagram import Diagram, Node, Wire
from tests.backend.runs import made
from tests.backend.worker.house import House, check_invariants, events
from tests.chaos import world as chaos
from tests.http_server import Answer, Asked, Server, json_answer, serving

pytestmark = [pytest.mark.chaos, pytest.mark.db, pytest.mark.redis]
HELD = ("undo_b", "undo_a")


class Effects:
    """What reaches the outside. The first call of each compensation is held, so that a kill hits it."""

    def __init__(self) -> None:
        self.asked = Counter[str]()
        self.came = {name: asyncio.Event() for name in HELD}
        self.go = asyncio.Event()

    def answer(self, asked: Asked) -> Answer:
        name = asked.path.strip("/")
        self.asked[asked.headers["idempotency-key"]] += 1
        if name == "fails":
            return json_answer({"error": "no room"}, 409)
        done = json_answer({"done": name})
        if name in self.came and not self.came[name].is_set():
            self.came[name].set()
            done.until = self.go
        return done


def trip(server: Server) -> Diagram:
    """Two steps that can be undone, and one that fails."""
    inside = [
        chaos.request(name, server).model_copy(
            update={"parent": "s", "compensate_with": f"undo_{name}" if name in "ab" else None}
        )
        for name in ("a", "b", "fails", "undo_a", "undo_b")
    ]
    nodes = [Node(id="start", kind="start"), Node(id="s", kind="saga"), Node(id="output", kind="output")]
    row = [("start", "s"), ("s", "output"), ("a", "b"), ("b", "fails")]
    wires = tuple(Wire(source=a, target=b) for a, b in row)
    return Diagram(name="Trip", nodes=(*nodes, *inside), wires=wires)


async def test_workers_are_killed_while_they_undo_a_saga(house: House, seed: int) -> None:
    effects = Effects()
    async with serving(effects.answer) as server:
        world = await made.world(trip(server))
        worker = house.worker()
        run_id = await house.start(world, {})
        for name in HELD:
            async with asyncio.timeout(60):
                await effects.came[name].wait()
            house.kill(worker)
            worker = house.worker()
        run = await house.ended(run_id)
        effects.go.set()
    assert run.status == "failed"
    assert run.error
    assert (run.error["code"], run.error["undone"]) == ("compensated", ["b", "a"])
    await check_invariants([run])
    kinds = [event.kind for event in await events(run)]
    assert [kinds.count(f"saga.{kind}") for kind in ("compensating", "compensated")] == [1, 1]
    calls = Counter({key.removeprefix(f"{run_id}:"): count for key, count in effects.asked.items()})
    once, twice = {"s:0/a:1", "s:0/b:1"}, {"s:0/a:1:comp", "s:0/b:1:comp"}
    assert {key: calls[key] for key in once | twice} == dict.fromkeys(once, 1) | dict.fromkeys(twice, 2)
