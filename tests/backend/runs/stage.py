"""Plays runs in this process with the real kinds and the worker's own context, step by step as a test wishes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

from pydantic import JsonValue
from sqlalchemy import true
from sqlmodel import select

from backend.core import db, ids
from backend.engine.engine import Engine, Patience
from backend.engine.ports import Children, ContextFactory, LiveListener, Outcome, RunToPlay
from backend.engine.writer import open_writer
from backend.nodes.kind import Kind
from backend.runs import forking, repository, starting
from backend.runs.fork_schemas import ForkPlan, ForkRun, ReplayRun, RetryRun
from backend.runs.models import Run, RunEvent, StepRecord
from backend.runs.schemas import RunPublic
from backend.worker import repository as worker
from backend.worker.claimer import Claimer
from backend.worker.context import context
from backend.worker.questions import Questions
from backend.workflows.diagram import Diagram, Node, Wire
from tests.backend.runs import made


class Nobody:
    """A listener that forgets."""

    def committed(self, run_id: str, events: list[dict[str, Any]]) -> None:
        """Forget."""

    def volatile(self, run_id: str, event: dict[str, Any]) -> None:
        """Forget."""


class Stage:
    """A team, and an engine without a worker process around it."""

    def __init__(self, engine: Engine, world: made.World) -> None:
        self.engine, self.world, self.by = engine, world, world.by
        self._claimer = Claimer(cast(Any, None), "w")
        self._claimed: dict[str, RunToPlay] = {}

    async def start(self, diagram: Diagram | None = None, given: JsonValue = None, slug: str = "") -> Run:
        """Start a run of this diagram, in a workflow of its own, and play it until it rests."""
        world = self.world
        if diagram is not None:
            world = await made.published(self.by, diagram, slug or ids.new("wf"))
        async with db.database().transaction() as session:
            run = await starting.start(session, self.by, workflow_id=world.workflow_id, input=given or {})
        return await self.play(run.id)

    async def claimed(self, run_id: str) -> RunToPlay:
        """Claim it, as a worker does."""
        worker_id = await made.worker()
        async with db.database().transaction() as session:
            for row in await worker.claim(session, worker_id, 100):
                self._claimed[row.id] = await self._claimer._to_play(session, row)
        return self._claimed.pop(run_id)

    async def play(self, run_id: str) -> Run:
        """Claim and play until it rests."""
        await self.engine.play(await self.claimed(run_id))
        return await made.state(run_id)

    async def outcome(self, run_id: str) -> Outcome:
        """As `play`, with what the engine says."""
        return await self.engine.play(await self.claimed(run_id))

    async def fork(self, run: Run, **wanted: Any) -> Run:
        """Fork and play."""
        return await self.play((await self.forked(run, **wanted)).id)

    async def forked(self, run: Run, **wanted: Any) -> RunPublic:
        """Fork, and leave it to be played."""
        return await self._act(forking.fork, run, ForkRun.model_validate(wanted))

    async def retry(self, run: Run, **wanted: Any) -> Run:
        """Retry and play."""
        return await self.play((await self._act(forking.retry, run, RetryRun.model_validate(wanted))).id)

    async def replay(self, run: Run, **wanted: Any) -> Run:
        """Replay."""
        return await self.play((await self.replayed(run, **wanted)).id)

    async def replayed(self, run: Run, **wanted: Any) -> RunPublic:
        """A replay that is left to be played."""
        return await self._act(forking.replay, run, ReplayRun.model_validate(wanted))

    async def plan(self, run: Run, **wanted: Any) -> ForkPlan:
        """What a fork would do."""
        async with db.database().reading() as session:
            found = await forking.fork(
                session, self.by, run.id, ForkRun.model_validate({**wanted, "dry_run": True})
            )
        assert isinstance(found, ForkPlan)
        return found

    async def _act(self, verb: Any, run: Run, wanted: Any) -> RunPublic:
        async with db.database().transaction() as session:
            found = await verb(session, self.by, run.id, wanted)
        assert isinstance(found, RunPublic)
        return found

    async def version(self, run: Run, diagram: Diagram) -> str:
        """Another version of the run's workflow; its id."""
        return await made.version(self.by, run.workflow_id, diagram)


@asynccontextmanager
async def staged(
    patience: Patience | None = None,
    kinds: Mapping[str, Kind] | None = None,
    contexts: ContextFactory = context,
    listener: LiveListener | None = None,
    children: Children | None = None,
    world: made.World | None = None,
) -> AsyncIterator[Stage]:
    """A stage on the database of `db.database()`."""
    writer = await open_writer(db.database())
    hasty = patience or Patience(idle_person=0.02, idle_time=0.2, cancel_grace=0.2)
    engine = Engine(
        writer, contexts, listener or Nobody(), Questions(), kinds=kinds, patience=hasty, children=children
    )
    try:
        yield Stage(engine, world or await made.world())
    finally:
        await writer.close()


async def events(run: Run) -> list[RunEvent]:
    """The history, whose numbers have no hole."""
    async with db.database().reading() as session:
        found = list(await repository.events_after(session, run.team_id, run.id, 0, 100_000))
    assert [e.seq for e in found] == list(range(1, len(found) + 1))
    return found


async def outputs(run: Run) -> dict[str, Any]:
    """What the steps gave, by path and node."""
    async with db.database().reading() as session:
        rows = await repository.steps(session, run.team_id, run.id, 100_000)
    return {f"{s.path}/{s.node_id}".removeprefix("/"): s.output for s in rows}


async def played(run: Run) -> set[str]:
    """The steps that were really played in this run: not those that it took over."""
    found = [e for e in await events(run) if e.kind in ("step.succeeded", "step.failed")]
    return {f"{e.path}/{e.node_id}".removeprefix("/") for e in found if "kept_from" not in e.data}


def drawn(nodes: list[Node], *wires: str) -> Diagram:
    """A diagram from nodes and wires written as `a>b` or `a.port>b`, between a start and an output."""
    pairs = [wire.split(">") for wire in wires]
    ends = [(source.partition("."), target) for source, target in pairs]
    return Diagram(
        name="Drawn",
        nodes=(Node(id="start", kind="start"), *nodes, Node(id="output", kind="output")),
        wires=tuple(Wire(source=s[0], source_port=s[2] or "out", target=target) for s, target in ends),
    )


def text(node_id: str, value: str = "", **more: Any) -> Node:
    """A node that says something."""
    fields = [{"name": "text", "value": value or node_id}]
    return Node(id=node_id, kind="set_fields", config={"fields": fields}, **more)


async def ended(run: Run | None = None) -> list[tuple[str, str]]:
    """Where steps ended by themselves; in the only run, where none is named."""
    async with db.database().reading() as session:
        found = (
            await session.exec(select(StepRecord).where(StepRecord.run_id == run.id if run else true()))
        ).all()
    return sorted((one.node_id, one.path) for one in found if (one.error or {}).get("code") != "cancelled")


async def until_ended(*steps: tuple[str, str]) -> None:
    """Wait until all of these are among them."""
    async with asyncio.timeout(60):
        while not set(steps) <= set(await ended()):
            await asyncio.sleep(0.02)
