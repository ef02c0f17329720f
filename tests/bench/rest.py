"""What a program sees of a whole instance over REST: synchronous runs, a thousand starts at once, parallel branches."""

import asyncio
import statistics
import time
from typing import Any

from backend.workflows.diagram import Node, Wire
from tests.bench._http import Connection
from tests.bench._instance import House, fields, spent, standing_house
from tests.bench._rows import Row, row
from tests.http_server import Answer, Asked, json_answer, serving

ALONE, TOGETHER, AT_ONCE, CROWD, ROUNDS = 200, 500, 20, 1000, 3
START, OUTPUT = Node(id="start", kind="start"), Node(id="output", kind="output")


async def rows() -> list[Row]:
    """All on one instance, one after the other."""
    async with standing_house() as house:
        return [*await _synchronous(house), *await _crowd(house), await _branches(house)]


async def _synchronous(house: House) -> list[Row]:
    """Ten nodes, each passing on what came and adding a field, one of them computed by an expression."""
    inner = [
        fields(f"s{n}", **{f"n{n}": "{{ input.n * 2 }}" if n == 4 else f"step {n}"}) for n in range(1, 9)
    ]
    path = f"/workflows/{await house.publish([START, *inner, OUTPUT])}/runs?wait=30"
    async with house.connected(1) as one:
        await _play(one, path, 40)
        before = house.cpu()
        alone = sorted(await _play(one, path, ALONE))
        cost_alone = spent(before, house.cpu(), ALONE)
    async with house.connected(AT_ONCE) as some:
        await _play(some, path, 40)
        before = house.cpu()
        rates: list[float] = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            await _play(some, path, TOGETHER)
            rates.append(TOGETHER / (time.perf_counter() - began))
        cost = spent(before, house.cpu(), ROUNDS * TOGETHER)
    p50, p99 = statistics.median(alone), alone[int(len(alone) * 0.99)]
    name, peer = "10 nodes over REST, synchronously", "n8n 2.8.4, nothing durable"
    return [
        row(f"{name}, one at a time, p50", p50, "ms", 20, f"{peer}: 12 to 18 ms; CPU ms a run: {cost_alone}"),
        row(f"{name}, one at a time, p99", p99, "ms", None, ""),
        row(f"{name}, {AT_ONCE} at a time", statistics.median(rates), "1/s", 150,
            f"{peer}: 58 to 90/s; CPU ms a run: {cost}", "higher"),
    ]  # fmt: skip


async def _play(connections: list[Connection], path: str, count: int) -> list[float]:
    """So many runs over these connections, each waited for; the milliseconds of each."""
    left, taken = iter(range(count)), list[float]()

    async def work(connection: Connection) -> None:
        for number in left:
            began = time.perf_counter()
            status, run = await connection.post(path, {"input": {"n": number}})
            taken.append((time.perf_counter() - began) * 1000)
            assert (status, run["status"], run["output"]["n4"]) == (200, "succeeded", number * 2), run

    async with asyncio.TaskGroup() as tasks:
        for connection in connections:
            tasks.create_task(work(connection))
    return taken


async def _crowd(house: House) -> list[Row]:
    """A thousand starts at once, each on its own connection, of runs that wait a second and then play three nodes."""
    wait = Node(id="wait", kind="wait", config={"by": "duration", "duration": 1})
    nodes = [START, wait, fields("a", a="1"), fields("b", b="2"), OUTPUT]
    path = f"/workflows/{await house.publish(nodes)}/runs"
    accepted: list[float] = []
    finished: list[float] = []
    async with house.connected(CROWD) as many:
        for _ in range(ROUNDS):
            began = time.perf_counter()
            answers = await asyncio.gather(*(one.post(path, {"input": {}}) for one in many))
            accepted.append(time.perf_counter() - began)
            assert {status for status, _ in answers} == {202}, next(a for a in answers if a[0] != 202)
            await _until_none(many[0], "status=queued&status=running&status=waiting_time&status=retrying")
            finished.append(time.perf_counter() - began)
            assert not (await many[0].get("/runs?limit=1&status=failed&status=cancelled"))[1]["items"]
    name = f"{CROWD} REST starts at once (1 s wait, 3 nodes)"
    return [
        row(f"{name}, all finished", statistics.median(finished), "s", 5, "n8n 2.8.4: 12.3 to 13.9 s"),
        row(f"{name}, all accepted", statistics.median(accepted), "s", None, "each stored with fsync"),
    ]


async def _until_none(connection: Connection, wanted: str) -> None:
    """Ask ten times a second: who asks more often mostly measures the answers to it."""
    while (await connection.get(f"/runs?limit=1&{wanted}"))[1]["items"]:
        await asyncio.sleep(0.1)


async def _branches(house: House) -> Row:
    """Five branches, each one request that takes a second, then a join."""

    def slow(_asked: Asked) -> Answer:
        return Answer(**{**vars(json_answer({"ok": True})), "delay": 1.0})

    async with serving(slow) as server:
        calls = [Node(id=f"call_{n}", kind="http_request", config=_request(server.url)) for n in range(5)]
        join = Node(id="join", kind="join")
        wires = [Wire(source="start", target=call.id) for call in calls]
        wires += [Wire(source=call.id, target="join") for call in calls]
        wires += [Wire(source="join", target="output")]
        path = f"/workflows/{await house.publish([START, *calls, join, OUTPUT], wires)}/runs?wait=30"
        taken: list[float] = []
        async with house.connected(1) as (one,):
            for _ in range(5):
                began = time.perf_counter()
                status, run = await one.post(path, {"input": {}})
                taken.append(time.perf_counter() - began)
                assert (status, run["status"]) == (200, "succeeded"), run
    name = "five branches of one 1 s HTTP call each, then a join"
    return row(name, statistics.median(taken), "s", 1.15, "n8n 2.8.4: 5.07 s")


def _request(url: str) -> dict[str, Any]:
    return {"method": "GET", "url": url}


if __name__ == "__main__":
    print(asyncio.run(rows()))
