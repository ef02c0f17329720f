"""A whole installation for tests: database, Valkey, and worker processes that can be killed."""

import asyncio
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from backend.core import db
from backend.runs import repository, starting
from backend.runs.models import Run, RunEvent, StepRecord
from backend.runs.schemas import TERMINAL
from tests import forks
from tests.backend.runs import made


class House:
    """Starts workers and looks at what became of runs; `close` kills what is left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workers: list[forks.Forked] = []
        self._number = 0

    def worker(self, **variables: str) -> forks.Forked:
        """A worker process with the settings of this test; its log is kept."""
        return self._begin("backend.worker", "--runs", **variables)

    def failing(self, place: str) -> forks.Forked:
        """A worker that dies at a failpoint; `-` for one that does not."""
        return self._begin("tests.chaos.failing", place, QUADRILLE_LEASE_SECONDS="3")

    def _begin(self, module: str, argument: str, **variables: str) -> forks.Forked:
        self._number += 1
        log = self.folder / f"worker-{self._number}.log"
        variables = {"QUADRILLE_LOG_LEVEL": "debug"} | variables
        process = forks.start(module, argument, output=log, **variables)
        self.workers.append(process)
        return process

    def kill(self, process: forks.Forked) -> None:
        """As the kernel would when memory is out."""
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.workers.remove(process)

    async def stop(self, process: forks.Forked, seconds: float = 120) -> int:
        """Ask it to leave, as a deployment does; its exit status."""
        process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(process.wait, seconds)

    def close(self) -> None:
        """Kill every worker that is left."""
        for process in list(self.workers):
            self.kill(process)

    def logs(self) -> str:
        """What all workers said."""
        return "\n".join(f"--- {p.name}\n{p.read_text()[-6000:]}" for p in sorted(self.folder.glob("*.log")))

    async def start(self, world: made.World, given: Any = None) -> str:
        """Start a run as the REST edge does; its id."""
        async with db.database().transaction() as session:
            run = await starting.start(session, world.by, workflow_id=world.workflow_id, input=given)
        return run.id

    async def until(self, run_id: str, when: Callable[[Run], bool], seconds: float = 150) -> Run:
        """Wait for a state of a run; fails with the logs, where the run ends before at once."""
        end = asyncio.get_running_loop().time() + seconds
        while not when(run := await made.state(run_id)):
            if run.status in TERMINAL or asyncio.get_running_loop().time() > end:
                kinds = [f"{e.seq} {e.kind} {e.node_id or ''}" for e in await events(run)]
                told = f"{run_id} is {run.status} ({run.error}), given {seconds} s: {kinds}"
                raise AssertionError(f"{told}\n{self.logs()}")
            await asyncio.sleep(0.02)
        return run

    async def ended(self, run_id: str, seconds: float = 150) -> Run:
        """Wait until a run has ended."""
        return await self.until(run_id, lambda run: run.status in TERMINAL, seconds)


async def events(run: Run) -> list[RunEvent]:
    """The history of a run."""
    async with db.database().reading() as session:
        return list(await repository.events_after(session, run.team_id, run.id, 0, 100_000))


async def steps(run: Run) -> list[StepRecord]:
    """The visits of a run's nodes."""
    async with db.database().reading() as session:
        return list(await repository.steps(session, run.team_id, run.id, 100_000))


async def check_invariants(runs: Iterable[Run]) -> None:
    """What has to hold after every chaos: I5 numbers without a hole, P5 one end, P3 nothing finished runs again."""
    for run in runs:
        history = await events(run)
        assert [e.seq for e in history] == list(range(1, run.last_seq + 1)), run.id
        ends = [e.kind for e in history if e.kind in {f"run.{status}" for status in TERMINAL}]
        assert ends == [f"run.{run.status}"], run.id
        assert history[-1].kind == ends[0], run.id
        done: set[tuple[str | None, str, int]] = set()
        for event in history:
            step = (event.node_id, event.path, event.visit)
            if event.kind == "step.started":
                assert step not in done, f"{run.id}: {step} was shown finished and ran again"
            if event.kind == "step.succeeded":
                done.add(step)
        assert len({(s.node_id, s.path, s.visit) for s in await steps(run)}) == len(await steps(run))
        assert run.worker_id is None
