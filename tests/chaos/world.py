"""A workflow whose effects can be counted, and what must hold after every chaos."""

from collections import Counter
from itertools import pairwise
from typing import Any

from backend.runs.models import Run
from backend.workflows.diagram import Diagram, Node, Retry, Wire
from tests.backend.runs import made
from tests.backend.worker.house import check_invariants, events
from tests.backend.worker.house import steps as steps_of
from tests.http_server import Answer, Asked, Server, json_answer

LENGTH = 8


class Effects:
    """Counts what reaches the outside, by the key that the receiver sees."""

    def __init__(self, seconds: float = 0.05) -> None:
        self.seconds = seconds
        self.seen: Counter[str] = Counter()
        self.number: dict[str, int] = {}

    def answer(self, asked: Asked) -> Answer:
        """Have the effect once a key; whoever asks again under the same key is told of the first one."""
        key = asked.headers["idempotency-key"]
        self.seen[key] += 1
        done = json_answer({"effect": self.number.setdefault(key, len(self.number))})
        done.delay = self.seconds
        return done

    def repeated(self) -> int:
        """How many effects were asked for more than once; the receiver knows them by their key."""
        return sum(count - 1 for count in self.seen.values())


def chain(server: Server, length: int = LENGTH) -> Diagram:
    """Requests in a row."""
    nodes = [Node(id="start", kind="start"), *(request(f"call_{n}", server) for n in range(length))]
    return made.chain(*nodes, Node(id="output", kind="output"))


def fan(server: Server, length: int = 2) -> Diagram:
    """Three branches of requests, and a join."""
    nodes = [Node(id="start", kind="start"), Node(id="join", kind="join"), Node(id="output", kind="output")]
    wires = [Wire(source="join", target="output")]
    for branch in "abc":
        row = [request(f"{branch}_{n}", server) for n in range(length)]
        nodes += row
        wires += [Wire(source=a.id, target=b.id) for a, b in pairwise(row)]
        wires += [Wire(source="start", target=row[0].id), Wire(source=row[-1].id, target="join")]
    return Diagram(name="Fan", nodes=tuple(nodes), wires=tuple(wires))


def request(node_id: str, server: Server) -> Node:
    """A step with an effect."""
    config = {"url": f"{server.url}/{node_id}", "method": "POST"}
    return Node(
        id=node_id, kind="http_request", config=config, retry=Retry(max_attempts=3, backoff_seconds=0)
    )


async def check(runs: list[Run], effects: Effects, kills: int) -> None:
    """I1 to I5: all ended well, numbers have no hole, what was shown finished never ran again, each effect is there once.

    A step in flight at a kill is entered again under the same key. A run has at most three such steps (fan), so
    this also bounds how often the receiver may be asked.
    """
    assert [run.status for run in runs] == ["succeeded"] * len(runs), [run.error for run in runs]
    await check_invariants(runs)
    steps = 0
    for run in runs:
        history = await events(run)
        done = [e for e in history if e.kind == "step.succeeded" and "_" in (e.node_id or "")]
        steps += len(done)
        outputs: dict[str | None, Any] = {step.node_id: step.output for step in await steps_of(run)}
        for event in done:
            assert outputs[event.node_id]["body"]["effect"] == effects.number[f"{run.id}:{event.node_id}:1"]
    assert len(effects.number) == steps
    print(f"{kills} kills, {len(runs)} runs, {steps} effects, {effects.repeated()} repeated in flight")
    assert effects.repeated() <= kills * len(runs) * 3
