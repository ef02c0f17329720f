"""What members do with workflows: make, find, rename, rewrite, duplicate, archive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.core import clock, db, ids
from backend.core.db import Session
from backend.core.errors import Conflict, Invalid, NotFound, Problem
from backend.core.settings import settings
from backend.identity.principal import Principal
from backend.nodes import registry
from backend.workflows import (
    agents_named,
    calls,
    check,
    drafts,
    event_starts,
    fanout,
    naming,
    repository,
    rooms,
)
from backend.workflows.diagram import Diagram, Node, Position, Wire
from backend.workflows.document import Drawn
from backend.workflows.models import Workflow
from backend.workflows.repository import Page
from backend.workflows.schemas import WorkflowRename

EMPTY_NAME = "Untitled"


class NoSuchWorkflow(NotFound):
    """The team has no workflow of that id or slug."""

    code = "no_such_workflow"


class SlugTaken(Conflict):
    """Another workflow of the team is called so."""

    code, title = "slug_taken", "Name taken"


def empty(name: str) -> Diagram:
    """What a new workflow begins with: a start wired to an output."""
    start = Node(id="start", kind="start", position=Position(x=0, y=0))
    output = Node(id="output", kind="output", position=Position(x=320, y=0))
    return Diagram(name=name, nodes=(start, output), wires=(Wire(source="start", target="output"),))


async def create(session: Session, by: Principal, diagram: Diagram | None = None) -> Workflow:
    """A new workflow with this diagram as its draft, or with a start and an output."""
    by.require("workflow.edit")
    drawn = diagram or empty(EMPTY_NAME)
    require_size(drawn)
    now = clock.now()
    workflow = Workflow(
        id=ids.new("wf"),
        team_id=by.team_id,
        slug=await naming.free_slug(session, by.team_id, drawn.name),
        name=drawn.name,
        description=drawn.description,
        created_by=by.account_id,
        created_at=now,
        edited_by=by.account_id,
        edited_at=now,
    )
    session.add(workflow)
    await session.flush()
    drafts.begin(session, workflow, drawn, by.account_id)
    return workflow


async def get(session: Session, by: Principal, ref: str) -> Workflow:
    """The workflow of that id or slug; raises NoSuchWorkflow."""
    by.require("workflow.read")
    found = await repository.find(session, by.team_id, ref)
    if found is None:
        raise NoSuchWorkflow(
            f"There is no workflow “{ref}” in your team.", fix="Look for its name under Workflows."
        )
    return found


async def list_(
    session: Session, by: Principal, wanted: Page | None = None
) -> tuple[Sequence[Workflow], str | None]:
    """Workflows, last edited first, and the cursor of the next part."""
    by.require("workflow.read")
    page = wanted or Page()
    found = await repository.page(session, by.team_id, page)
    more = found[page.limit - 1].id if len(found) > page.limit else None
    return found[: page.limit], more


@dataclass(frozen=True)
class Live:
    """The number of the published version, whether the draft was edited since, and whether and when it begins by itself."""

    number: int | None = None
    edited_since: bool = False
    begins_itself: bool = False
    next_run_at: datetime | None = None


async def live(session: Session, workflows: Sequence[Workflow]) -> dict[str, Live]:
    """What is published of these workflows, by their ids."""
    wanted = {w.published_version_id: w for w in workflows if w.published_version_id}
    found = await repository.version_numbers(session, wanted) if wanted else {}
    living = [one.id for one in wanted.values() if one.archived_at is None]
    begins = await event_starts.next_times(session, living) if living else {}
    return {
        of.id: Live(
            found[one][0],
            of.edited_at > found[one][1],
            of.id in begins,
            None if of.starts_paused_at else begins.get(of.id),
        )
        for one, of in wanted.items()
        if one in found
    }


async def draft(session: Session, by: Principal, ref: str) -> Drawn:
    """The diagram of the draft as it is now, edits of this moment included."""
    workflow = await get(session, by, ref)
    return await drafts.read(session, workflow.id, rooms.pending(workflow.id))


async def problems(session: Session, by: Principal, ref: str) -> list[Problem]:
    """Everything wrong with the draft."""
    workflow = await get(session, by, ref)
    return await checked(session, by, await draft(session, by, ref), workflow.id)


async def checked(session: Session, by: Principal, drawn: Drawn, workflow_id: str) -> list[Problem]:
    """Everything wrong with a workflow's diagram, with what its document held beside it."""
    secrets = await repository.secret_names(session, by.team_id)
    limit = settings().max_diagram_nodes
    found = check.problems(drawn.diagram, registry.all_kinds(), secrets, max_nodes=limit)
    nodes = [node.model_dump(mode="json") for node in drawn.diagram.nodes if node.config.get("workflow")]
    called = await calls.checked(session, by.team_id, workflow_id, nodes)
    asked = await agents_named.problems(session, by.team_id, drawn.diagram.nodes)
    return [*drawn.problems, *found, *called.problems, *asked]


async def replace(session: Session, by: Principal, ref: str, diagram: Diagram) -> Workflow:
    """Make the draft hold this diagram; open editors see it live."""
    by.require("workflow.edit")
    workflow = await _editable(session, by, ref)
    require_size(diagram)
    await drafts.replace(session, workflow, diagram, by.account_id)
    await naming.follow(session, workflow, (diagram.name, diagram.description))
    return workflow


async def apply(session: Session, by: Principal, diagram: Diagram) -> Workflow:
    """Bring the workflow of the diagram's name to this diagram, or make it: a file can be applied again and again."""
    by.require("workflow.edit")
    known = await repository.named(session, by.team_id, diagram.name)
    if known is None:
        return await create(session, by, diagram)
    return await replace(session, by, known.id, diagram)


async def rename(session: Session, by: Principal, ref: str, change: WorkflowRename) -> Workflow:
    """Change name, description or slug."""
    by.require("workflow.edit")
    workflow = await _editable(session, by, ref)
    if change.slug and change.slug in await repository.slugs_like(session, by.team_id, change.slug) - {
        workflow.slug
    }:
        raise SlugTaken(f"Another workflow is called “{change.slug}”.", fix="Choose another short name.")
    if change.name is not None or change.description is not None:
        told = workflow.description if change.description is None else change.description
        meta = (change.name or workflow.name, told)
        await drafts.rename(session, workflow, meta, by.account_id)
        await naming.follow(session, workflow, meta)
    workflow.slug = change.slug or workflow.slug
    return workflow


async def duplicate(session: Session, by: Principal, ref: str) -> Workflow:
    """A new workflow with the same draft."""
    drawn = await draft(session, by, ref)
    copied = f"{drawn.diagram.name[: naming.MAX_NAME - 7]} (copy)"
    return await create(session, by, drawn.diagram.model_copy(update={"name": copied}))


async def archive(session: Session, by: Principal, ref: str) -> None:
    """Put it away: nobody edits or starts it any longer, its runs and versions stay."""
    by.require("workflow.edit")
    workflow = await get(session, by, ref)
    if workflow.archived_at is None:
        workflow.archived_at = clock.now()
        session.add(workflow)
        db.after_commit(session, lambda: fanout.gone(workflow.id))


async def unarchive(session: Session, by: Principal, ref: str) -> Workflow:
    """Take it out again."""
    by.require("workflow.edit")
    workflow = await get(session, by, ref)
    if workflow.archived_at:
        await event_starts.go_on(session, workflow.id)
    workflow.archived_at = None
    session.add(workflow)
    return workflow


async def _editable(session: Session, by: Principal, ref: str) -> Workflow:
    workflow = await get(session, by, ref)
    if workflow.archived_at:
        raise Conflict(f"“{workflow.name}” is archived.", fix="Take it out of the archive first.")
    return await repository.lock(session, workflow.id) or workflow


def require_size(diagram: Diagram) -> None:
    """Raise Invalid when it has more nodes than are allowed."""
    limit = settings().max_diagram_nodes
    if len(diagram.nodes) > limit:
        told = f"The diagram has {len(diagram.nodes)} nodes; {limit} are allowed."
        fix = "Cut it into smaller workflows."
        raise Invalid(told, problems=[Problem(told, "nodes", fix, "too_many_nodes")])
