"""Makes workflows, versions and runs for tests, as rows."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from sqlmodel import col, func, select

from backend.core import clock, db, ids
from backend.identity.principal import Principal
from backend.runs.models import Run, Worker
from backend.workflows.diagram import Diagram, Node, Wire
from backend.workflows.models import Version, Workflow
from tests.backend.identity import people


@dataclass(frozen=True)
class World:
    """A team with an owner and one published workflow."""

    by: Principal
    workflow_id: str
    version_id: str


def chain(*nodes: Node) -> Diagram:
    """The nodes in a row."""
    wires = tuple(Wire(source=a.id, target=b.id) for a, b in pairwise(nodes))
    return Diagram(name="Chain", nodes=nodes, wires=wires)


async def world(diagram: Diagram | None = None) -> World:
    """A fresh team."""
    team_id = await people.team()
    by = (await people.person(team_id, "owner")).by
    return await published(by, diagram or Diagram(name="Empty"))


async def published(by: Principal, diagram: Diagram, slug: str = "flow") -> World:
    """A workflow with one published version of this diagram."""
    workflow_id, version_id = ids.new("wf"), ids.new("ver")
    now = clock.now()
    async with db.database().transaction() as session:
        session.add(
            Workflow(
                id=workflow_id,
                team_id=by.team_id,
                slug=slug,
                name=diagram.name,
                created_by=by.account_id,
                created_at=now,
                edited_at=now,
                published_version_id=version_id,
            )
        )
        await session.flush()
        session.add(
            Version(
                id=version_id,
                team_id=by.team_id,
                workflow_id=workflow_id,
                number=1,
                digest=diagram.digest(),
                diagram=diagram.model_dump(mode="json"),
                created_by=by.account_id,
                created_at=now,
            )
        )
    return World(by, workflow_id, version_id)


async def version(by: Principal, workflow_id: str, diagram: Diagram, number: int | None = None) -> str:
    """One more published version; its id."""
    version_id = ids.new("ver")
    async with db.database().transaction() as session:
        if number is None:
            last = select(func.max(Version.number)).where(col(Version.workflow_id) == workflow_id)
            number = ((await session.exec(last)).one() or 0) + 1
        session.add(
            Version(
                id=version_id,
                team_id=by.team_id,
                workflow_id=workflow_id,
                number=number,
                digest=diagram.digest(),
                diagram=diagram.model_dump(mode="json"),
                created_by=by.account_id,
                created_at=clock.now(),
            )
        )
    return version_id


async def run(world: World, status: str = "running", **fields: Any) -> str:
    """A run in some state; its id."""
    row = Run(
        id=ids.new("run"),
        team_id=world.by.team_id,
        workflow_id=world.workflow_id,
        version_id=world.version_id,
        status=status,
        started_by=world.by.account_id,
        created_at=fields.pop("created_at", clock.now()),
        **fields,
    )
    async with db.database().transaction() as session:
        session.add(row)
    return row.id


async def state(run_id: str) -> Run:
    """The run as it stands in the database."""
    async with db.database().reading() as session:
        found = await session.get(Run, run_id)
    assert found is not None
    return found


async def worker(worker_id: str = "w") -> str:
    """A worker that is alive, made once; only such a one may claim."""
    now = clock.now()
    row = Worker(id=worker_id, host="h", pid=1, started_at=now, lease_until=now + timedelta(hours=1))
    async with db.database().transaction() as session:
        await session.merge(row)
    return worker_id
