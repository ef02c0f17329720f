"""A place to play runs in: real rows, a real writer, an engine with the test kinds."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Literal

import pytest
from pydantic import JsonValue
from sqlalchemy import text
from sqlmodel import col, select, update

from backend.approvals.models import Approval  # noqa: F401 - all tables in one metadata
from backend.core import clock, db, ids
from backend.dead_letters.models import DeadLetter
from backend.engine import signals
from backend.engine.engine import Engine, Patience
from backend.engine.live import LiveRun
from backend.engine.ports import Outcome, RunToPlay, StepId
from backend.engine.writer import Writer, open_writer
from backend.identity.models import Team
from backend.nodes.kind import Answer, Question
from backend.runs.models import Blob, InboxItem, Run, RunEvent, StepRecord
from backend.workflows.diagram import Diagram
from backend.workflows.models import Version, Workflow
from tests.backend.engine.kinds import Seen, contexts, kinds, wire

HASTY = Patience(idle_person=0.05, idle_time=0.1, cancel_grace=0.2)
PATIENT = Patience(idle_person=20)
"""A run stays awake until a slow machine has answered it."""


class Listener:
    """Keeps what was told."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []

    def committed(self, run_id: str, events: list[dict[str, Any]]) -> None:
        self.rows += events

    def volatile(self, run_id: str, event: dict[str, Any]) -> None:
        self.told.append(event)


class Questions:
    """Keeps what was asked; an expired question is answered so."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, StepId, Question]] = []
        self.came = asyncio.Event()

    async def ask(self, run: RunToPlay, step: StepId, key: str, question: Question) -> None:
        self.asked.append((key, step, question))
        self.came.set()

    async def expire(self, run: RunToPlay, step: StepId, key: str) -> Answer:
        return Answer(verdict="expired")

    async def wait_for(self, count: int) -> None:
        while len(self.asked) < count:
            self.came.clear()
            await self.came.wait()


class World:
    """One database with a team; makes runs, plays them, looks at what became of them."""

    def __init__(
        self,
        database: db.Database,
        writer: Writer,
        patience: Patience | None = None,
        seen: Seen | None = None,
        limits: Mapping[str, int] | None = None,
    ) -> None:
        self.database, self.writer = database, writer
        self.seen, self.listener, self.questions = seen or Seen(), Listener(), Questions()
        self.kinds = kinds(self.seen)
        self.engine = Engine(
            writer,
            contexts,
            self.listener,
            self.questions,
            kinds=self.kinds,
            patience=patience,
            limits=limits,
        )
        self.team_id = ""

    async def settle(self) -> None:
        """Make the team that owns everything."""
        self.team_id = ids.new("team")
        async with self.database.transaction() as session:
            session.add(Team(id=self.team_id, name="Testers", created_at=clock.now()))

    async def run(self, diagram: Mapping[str, Any] | Diagram, input: JsonValue = None) -> RunToPlay:
        """A run that has just been claimed for the first time."""
        drawn = diagram if isinstance(diagram, Diagram) else Diagram.model_validate(diagram)
        now, workflow_id, version_id, run_id = clock.now(), ids.new("wf"), ids.new("ver"), ids.new("run")
        async with self.database.transaction() as session:
            session.add(Workflow(id=workflow_id, team_id=self.team_id, slug=workflow_id, name="W",
                                 created_by="t", created_at=now, edited_at=now))  # fmt: skip
            await session.flush()
            session.add(Version(id=version_id, team_id=self.team_id, workflow_id=workflow_id, digest=drawn.digest(),
                                diagram=drawn.model_dump(mode="json"), created_by="t", created_at=now))  # fmt: skip
            await session.flush()
            session.add(Run(id=run_id, team_id=self.team_id, workflow_id=workflow_id, version_id=version_id,
                            started_by="t", input=input, created_at=now))  # fmt: skip
        return await self.claim(run_id, drawn, input)

    async def claim(self, run_id: str, diagram: Diagram, input: JsonValue = None) -> RunToPlay:
        """Claim as a worker does: one more on the token."""
        async with self.database.transaction() as session:
            claimed = (
                update(Run)
                .where(col(Run.id) == run_id)
                .values(token=Run.token + 1, status="running", worker_id="w")
                .returning(col(Run.token), col(Run.version_id))
            )
            token, version_id = (await session.exec(claimed)).one()
        return RunToPlay(run_id, self.team_id, version_id, token, diagram, input)

    async def play(self, diagram: Mapping[str, Any], input: JsonValue = None) -> tuple[Outcome, RunToPlay]:
        """Make, claim and play."""
        run = await self.run(diagram, input)
        return await self.engine.play(run), run

    async def again(self, run: RunToPlay) -> Outcome:
        """Claim the run once more and play on."""
        return await self.engine.play(await self.claim(run.run_id, run.diagram, run.input))

    async def begun(self, node: str) -> None:
        """Wait until this node is at work; fails where it does not begin within a minute."""
        async with asyncio.timeout(60):
            while node not in self.seen.at:
                await asyncio.sleep(0.005)

    async def told(self, kind: str, node: str) -> None:
        """Wait until a history tells this of the node; fails where it does not within a minute."""
        async with asyncio.timeout(60):
            while (kind, node) not in [(row["kind"], row["node_id"]) for row in self.listener.rows]:
                await asyncio.sleep(0.005)

    async def until_at(self, node: str, run: RunToPlay) -> None:
        """Play until this node is at work, and cancel the rest."""
        playing = asyncio.ensure_future(self.engine.play(run))
        await self.begun(node)
        self.engine.stop(run.run_id, "cancel")
        assert (await asyncio.wait_for(playing, 120)).status == "cancelled"

    async def answer(
        self,
        run: RunToPlay,
        key: str,
        verdict: str = "approved",
        *,
        wake: bool = True,
        values: JsonValue = None,
    ) -> None:
        """Decide, as the approvals service does: a row, then the wake-up."""
        payload: JsonValue = {"verdict": verdict, "by": "p", "values": values}
        async with self.database.transaction() as session:
            session.add(
                InboxItem(run_id=run.run_id, key=key, team_id=self.team_id, payload=payload, at=clock.now())
            )
        if wake:
            self.engine.deliver(run.run_id, key, payload)

    async def signal(
        self, run: RunToPlay, name: str, payload: JsonValue = None, *, key: str = "", wake: bool = True
    ) -> str:
        """Send a signal to the run: a row, then the wake-up."""
        at, signal_id = clock.now(), ids.new("sig")
        inbox_key = signals.inbox_key(name, key, signal_id)
        payload = {"id": signal_id, "name": name, "key": key, "data": payload, "at": at.isoformat()}
        async with self.database.transaction() as session:
            session.add(
                InboxItem(run_id=run.run_id, key=inbox_key, team_id=self.team_id, payload=payload, at=at)
            )
        if wake:
            self.engine.deliver(run.run_id, inbox_key, payload)
        return inbox_key

    async def wish(self, run: RunToPlay, wish: Literal["cancel", "pause"], *, tell: bool = True) -> None:
        """As the runs service does: the run's row, then the hint."""
        async with self.database.transaction() as session:
            wished = update(Run).where(col(Run.id) == run.run_id).values({f"{wish}_requested": True})
            await session.exec(wished)
        if tell:
            self.engine.stop(run.run_id, wish)

    async def row(self, run: RunToPlay) -> Run:
        async with self.database.reading() as session:
            return (await session.exec(select(Run).where(col(Run.id) == run.run_id))).one()

    async def events(self, run: RunToPlay) -> list[RunEvent]:
        """The history, after a check that its numbers have no hole and match the run's row and what was told."""
        async with self.database.reading() as session:
            query = select(RunEvent).where(col(RunEvent.run_id) == run.run_id).order_by(col(RunEvent.seq))
            found = list((await session.exec(query)).all())
        assert [e.seq for e in found] == list(range(1, len(found) + 1))
        assert (await self.row(run)).last_seq == len(found)
        told = [e["seq"] for e in self.listener.rows if e["run_id"] == run.run_id]
        assert told == [e.seq for e in found]
        return found

    async def steps(self, run: RunToPlay) -> dict[str, StepRecord]:
        """The finished visits by path and node; a further visit of a node ends with its number."""
        async with self.database.reading() as session:
            query = select(StepRecord).where(col(StepRecord.run_id) == run.run_id)
            found = (await session.exec(query)).all()
        return {StepId(s.node_id, s.path, s.visit).key("")[1:].removesuffix(":1"): s for s in found}

    async def letters(self, run: RunToPlay) -> list[DeadLetter]:
        async with self.database.reading() as session:
            query = (
                select(DeadLetter).where(col(DeadLetter.run_id) == run.run_id).order_by(col(DeadLetter.id))
            )
            return list((await session.exec(query)).all())

    async def blobs(self) -> list[Blob]:
        async with self.database.reading() as session:
            return list((await session.exec(select(Blob))).all())

    async def scalar(self, statement: str) -> Any:
        async with self.database.reading() as session:
            return (await (await session.connection()).execute(text(statement))).scalar()


@asynccontextmanager
async def opened(
    database: db.Database,
    patience: Patience = PATIENT,
    seen: Seen | None = None,
    limits: Mapping[str, int] | None = None,
) -> AsyncIterator[World]:
    """A world that closes its writer at the end."""
    writer = await open_writer(database)
    world = World(database, writer, patience, seen, limits)
    try:
        yield world
    finally:
        await writer.close()


@asynccontextmanager
async def falling_asleep(world: World, run: RunToPlay) -> AsyncIterator[asyncio.Future[Outcome]]:
    """Play until the run is about to fall asleep; it does so when the block ends."""
    tired: asyncio.Future[LiveRun] = asyncio.get_running_loop().create_future()
    with pytest.MonkeyPatch.context() as held:
        held.setattr(LiveRun, "stop", lambda live, _: tired.done() or tired.set_result(live))
        playing = asyncio.ensure_future(world.engine.play(run))
        live = await asyncio.wait_for(tired, 60)
        yield playing
    live.stop("sleep")


def nodes(*found: Any) -> list[dict[str, Any]]:
    """`"a"` is a node that says its id; `("a", kind)` and `("a", kind, fields)` are others."""
    return [_node(entry) if isinstance(entry, str) else _node(*entry) for entry in found]


def _node(node_id: str, kind: str = "say", fields: dict[str, Any] | None = None) -> dict[str, Any]:
    base = {"id": node_id, "kind": kind, "config": {"text": node_id} if kind == "say" else {}}
    fields = dict(fields or {})
    config = {**base["config"], **fields.pop("config", {})}
    return {**base, **fields, "config": config}


def drawn(*found: Any, wires: str = "") -> dict[str, Any]:
    """A diagram from short words: nodes, and wires as `a>b a.yes>c`."""
    return {"nodes": nodes(*found), "wires": [wire(*w.split(">")) for w in wires.split()]}


def moment(seconds: float = 0) -> datetime:
    from datetime import timedelta

    return clock.now() + timedelta(seconds=seconds)
