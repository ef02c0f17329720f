"""A whole Quadrille as `quadrille up` starts it, with a program that may use it, and what its processes cost."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from backend.workflows.diagram import Diagram, Node, Wire
from tests.bench._http import Connection, connections
from tests.chaos import standing
from tests.e2e.instance import Instance


@dataclass(frozen=True)
class House:
    """A standing instance; its API key knows no limit of calls."""

    instance: Instance
    program: standing.Program
    key: str

    async def publish(self, nodes: Sequence[Node], wires: Sequence[Wire] = ()) -> str:
        """A published workflow of these nodes, in a row where no wires are given; its id."""
        drawn = tuple(wires) or tuple(Wire(source=a.id, target=b.id) for a, b in pairwise(nodes))
        return await self.program.publish(Diagram(name="Bench", nodes=tuple(nodes), wires=drawn))

    @asynccontextmanager
    async def connected(self, count: int) -> AsyncIterator[list[Connection]]:
        """Connections that were used once, so that no figure holds their making."""
        async with connections(self.instance.port, self.key, count) as made:
            for start in range(0, count, 50):
                await asyncio.gather(*(one.get("/runs?limit=1") for one in made[start : start + 50]))
            yield made

    def cpu(self) -> dict[str, float]:
        """CPU seconds of each process so far, this one as the client."""
        found = {role: self._cpu_of(role) for role in ("web", "worker", "redis")}
        own = os.times()
        return found | {"client": own.user + own.system}

    def _cpu_of(self, role: str) -> float:
        process = standing.of_role(self.instance, role)
        times = [p.cpu_times() for p in (process, *process.children(recursive=True))]
        return sum(t.user + t.system for t in times)


def spent(before: dict[str, float], after: dict[str, float], runs: int) -> str:
    """CPU milliseconds a run, by process."""
    return ", ".join(f"{role} {(after[role] - before[role]) / runs * 1000:.1f}" for role in after)


@asynccontextmanager
async def standing_house() -> AsyncIterator[House]:
    """Web, worker, inference worker, embedded Redis and SQLite with fsync, in a data folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        instance = Instance(
            Path(folder) / "data", QUADRILLE_API_RATE_PER_MINUTE="0", QUADRILLE_OUTBOUND_ALLOW="127.0.0.1"
        )
        try:
            await asyncio.to_thread(instance.start)
            async with standing.program(instance) as program:
                key = str(program.http.headers["authorization"]).removeprefix("Bearer ")
                yield House(instance, program, key)
        finally:
            await asyncio.to_thread(instance.stop)


def fields(node_id: str, **values: str) -> Node:
    """A node that adds fields to what came in."""
    given: list[dict[str, Any]] = [{"name": name, "value": value} for name, value in values.items()]
    return Node(id=node_id, kind="set_fields", config={"keep_input": True, "fields": given})
