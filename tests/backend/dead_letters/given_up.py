"""Runs that the product gives up, made as they come about: dead workers, drawings that cannot be read, failed undoing."""

from typing import Any, cast

from sqlmodel import col, update

from backend.core import db
from backend.dead_letters import service
from backend.dead_letters.schemas import LetterFilter, LetterPublic
from backend.identity.principal import Principal
from backend.runs import service as runs
from backend.runs.history import Entry
from backend.runs.models import Run
from backend.runs.schemas import RunPublic
from backend.worker import orphans
from backend.worker.claimer import Claimer
from backend.workflows.diagram import Diagram, Node, Wire
from backend.workflows.models import Version
from tests.backend.runs import made
from tests.backend.runs.stage import text


def greeting() -> Diagram:
    return made.chain(
        Node(id="start", kind="start"), text("greet", "Hello"), Node(id="output", kind="output")
    )


def code(node_id: str, source: str, **more: Any) -> Node:
    return Node(id=node_id, kind="code", config={"source": source}, **more)


def booking(last: Node, undo: str = "'undone'", **saga: Any) -> Diagram:
    """A saga of a step that can be undone and another one, in a workflow."""
    nodes = [
        Node(id="start", kind="start"),
        Node(id="s", kind="saga", config=saga),
        code("book", "1", parent="s", compensate_with="unbook"),
        code("unbook", undo, parent="s"),
        last.model_copy(update={"parent": "s"}),
        Node(id="output", kind="output"),
    ]
    wires = [Wire(source="start", target="s"), Wire(source="s", target="output")]
    return Diagram(name="Booking", nodes=tuple(nodes), wires=(*wires, Wire(source="book", target=last.id)))


async def letters(by: Principal, **wanted: Any) -> list[LetterPublic]:
    """The team's letters, newest first."""
    async with db.database().reading() as session:
        return (await service.list_(session, by, LetterFilter(**wanted))).items


async def kill_its_worker(run_id: str, team_id: str, attempts: int = orphans.MAX_FRUITLESS - 1) -> None:
    """The run is being played for the last time, and its worker dies."""
    async with db.database().transaction() as session:
        row: Any = col(Run.id) == run_id
        values = {"status": "running", "worker_id": "wkr_gone", "attempts": attempts, "token": Run.token + 1}
        await session.exec(update(Run).where(row).values(**values))
        await runs.note(session, run_id, team_id, Entry("run.resumed"))
    await orphans.requeue_all()


async def poisoned(world: made.World) -> str:
    """A run over which the workers died before its first step."""
    run_id = await made.run(world, "queued", input={})
    await kill_its_worker(run_id, world.by.team_id)
    return run_id


async def spoil(version_id: str, diagram: Any) -> None:
    """What lies in the database is not what this release can read."""
    async with db.database().transaction() as session:
        row: Any = col(Version.id) == version_id
        await session.exec(update(Version).where(row).values(diagram=diagram))


async def claimed() -> list[str]:
    """What a worker takes of what is due."""
    return [run.run_id for run in await Claimer(cast(Any, None), await made.worker())._claim(100)]


async def redrive(by: Principal, letter_id: str, version: str | None = None) -> bool:
    """As over REST."""
    async with db.database().transaction() as session:
        return await service.redrive(session, by, letter_id, version)


async def discard(by: Principal, letter_id: str, note: str = "Done by hand.") -> bool:
    """As over REST."""
    async with db.database().transaction() as session:
        return await service.discard(session, by, letter_id, note)


async def public(by: Principal, run_id: str) -> RunPublic:
    """The run as its page shows it."""
    async with db.database().reading() as session:
        return await runs.get(session, by, run_id)
