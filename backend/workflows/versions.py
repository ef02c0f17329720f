"""Versions: published ones with numbers, named ones, and nameless snapshots of drafts that were run; none ever changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError

from backend.core import clock, ids, json
from backend.core.db import Session
from backend.core.errors import Conflict, Invalid, NotFound
from backend.identity.principal import Principal
from backend.workflows import check, drafts, event_starts, repository, rooms, service
from backend.workflows.diagram import Diagram
from backend.workflows.document import Drawn
from backend.workflows.models import Version, Workflow


@dataclass(frozen=True)
class Told:
    """What the history shows of a version; a mere snapshot has neither name nor number."""

    message: str = ""
    name: str = ""
    number: int | None = None


class NotPublishable(Invalid):
    """The diagram has errors; all are listed."""

    code, title = "diagram_has_errors", "The diagram has errors"


class NoSuchVersion(NotFound):
    """The workflow has no version of that id or number."""

    code = "no_such_version"


async def publish(session: Session, by: Principal, ref: str, message: str = "") -> Version:
    """Make the draft the published version; raises NotPublishable with everything that is wrong."""
    by.require("workflow.publish")
    workflow = await _held(session, by, ref)
    drawn = await drafts.read(session, workflow.id, rooms.pending(workflow.id))
    await _require_sound(session, by, drawn, workflow.id)
    number = await repository.last_number(session, workflow.id) + 1
    version = await _store(session, by, workflow, drawn.diagram, Told(message, number=number))
    workflow.published_version_id = version.id
    session.add(workflow)
    await event_starts.replace(session, by, workflow, drawn.diagram)
    return version


async def name(session: Session, by: Principal, ref: str, called: str, message: str = "") -> Version:
    """Keep the draft as it is under a name, also one that could not be published yet."""
    by.require("workflow.edit")
    workflow = await _held(session, by, ref)
    drawn = await drafts.read(session, workflow.id, rooms.pending(workflow.id))
    return await _store(session, by, workflow, drawn.diagram, Told(message, called))


async def list_(session: Session, by: Principal, ref: str) -> Sequence[Version]:
    """The published and named versions, newest first."""
    workflow = await service.get(session, by, ref)
    return await repository.versions(session, workflow.id)


async def get(session: Session, by: Principal, ref: str, version_id: str) -> Version:
    """One version by id or number; raises NoSuchVersion."""
    workflow = await service.get(session, by, ref)
    found = await repository.version(session, workflow.id, version_id)
    if found is None:
        raise NoSuchVersion(f"“{workflow.name}” has no version {version_id}.", fix="Look at its history.")
    return found


async def drawing(session: Session, by: Principal, ref: str, version: str) -> Diagram:
    """The diagram of a version by id or number, of the `published` one, or of the `draft` as it is now."""
    workflow = await service.get(session, by, ref)
    if version == "draft":
        return (await service.draft(session, by, workflow.id)).diagram
    if version == "published":
        version = _published(workflow)
    return diagram(await get(session, by, workflow.id, version))


async def shown(session: Session, by: Principal, ref: str, version_id: str) -> Version:
    """The same to be shown with its diagram; raises Invalid for one that is no diagram at all."""
    found = await get(session, by, ref, version_id)
    if not isinstance(cast(Any, found.diagram), dict):
        told = f"{_called(found).capitalize()} cannot be read: what is stored of it is no diagram."
        raise Invalid(told, fix="Choose another version, or restore the database from a backup.")
    return found


def diagram(version: Version) -> Diagram:
    """The diagram of a stored version; raises Invalid when this release can no longer read it."""
    try:
        return Diagram.model_validate(version.diagram)
    except ValidationError as wrong:
        place = ".".join(str(part) for part in wrong.errors()[0]["loc"])
        told = f"{_called(version).capitalize()} cannot be read by this release: {place} does not fit."
        raise Invalid(told, fix="Choose another version.") from wrong


async def restore(session: Session, by: Principal, ref: str, version_id: str) -> Workflow:
    """Make the draft what the version was, as an edit that open editors see and can undo.

    The restored state is a version of its own, and so is what stood before unless some version holds it already.
    Comments are no part of what is restored: those of the draft stay.
    """
    by.require("workflow.edit")
    version = await get(session, by, ref, version_id)
    workflow = await _held(session, by, ref)
    standing = (await service.draft(session, by, workflow.id)).diagram
    restored = diagram(version).model_copy(update={"comments": standing.comments})
    if restored.digest() == standing.digest():
        return workflow
    if not await repository.kept(session, workflow.id, standing.digest()):
        await _store(session, by, workflow, standing, Told(name=f"Before {_called(version)} was restored"))
    workflow = await service.replace(session, by, ref, restored)
    await _store(session, by, workflow, restored, Told(name=f"Restored {_called(version)}"))
    return workflow


async def pin(session: Session, by: Principal, workflow_id: str, version: str | None = None) -> Version:
    """The version that a run plays: `draft` (a snapshot of it), `published`, one by id or number; None is published, else draft.

    A draft is checked first; raises NotPublishable with everything that is wrong.
    """
    by.require("run.start")
    workflow = await service.get(session, by, workflow_id)
    if workflow.archived_at:
        raise Conflict(f"“{workflow.name}” is archived.", fix="Take it out of the archive first.")
    if version == "draft" or (version is None and workflow.published_version_id is None):
        return await _snapshot(session, by, workflow)
    if version not in (None, "published"):
        return await _playable(session, by, await get(session, by, workflow.id, version))
    return await get(session, by, workflow.id, _published(workflow))


async def trial(
    session: Session, by: Principal, workflow_id: str, part: Callable[[Diagram], Diagram]
) -> Version:
    """A snapshot of the draft for a run of a part of it; only that part has to be sound."""
    by.require("run.start")
    workflow = await _held(session, by, workflow_id)
    drawn = await drafts.read(session, workflow.id, rooms.pending(workflow.id))
    await _require_sound(session, by, Drawn(part(drawn.diagram)), workflow.id)
    standing = await repository.snapshot(session, workflow.id, drawn.diagram.digest())
    return standing or await _store(session, by, workflow, drawn.diagram)


async def keep(session: Session, by: Principal, workflow: Workflow, diagram: Diagram) -> Version:
    """A nameless version with exactly this diagram, for a run that is only looked at; it need not be sound."""
    by.require("workflow.edit")
    service.require_size(diagram)
    standing = await repository.snapshot(session, workflow.id, diagram.digest())
    return standing or await _store(session, by, workflow, diagram)


async def derived(session: Session, by: Principal, version: Version, diagram: Diagram) -> Version:
    """A nameless snapshot that a run plays in place of this version; what is wrong with it is told like a draft's."""
    by.require("workflow.edit")
    workflow = await _held(session, by, version.workflow_id)
    await _require_sound(session, by, Drawn(diagram), workflow.id)
    standing = await repository.snapshot(session, workflow.id, diagram.digest())
    return standing or await _store(session, by, workflow, diagram)


async def _require_sound(session: Session, by: Principal, drawn: Drawn, workflow_id: str) -> None:
    """Raise NotPublishable unless the diagram could be played; warnings are listed beside errors."""
    problems = await service.checked(session, by, drawn, workflow_id)
    wrong = check.errors(problems)
    if wrong:
        count = "one error" if len(wrong) == 1 else f"{len(wrong)} errors"
        raise NotPublishable(f"The diagram has {count}: {wrong[0].message}", problems=problems)


async def _playable(session: Session, by: Principal, version: Version) -> Version:
    """A version that was named may never have been sound; a published one was."""
    if version.number is None and version.name:
        await _require_sound(session, by, Drawn(diagram(version)), version.workflow_id)
    return version


def _published(workflow: Workflow) -> str:
    if workflow.published_version_id is None:
        raise NoSuchVersion(f"“{workflow.name}” was never published.", fix="Publish it, or run the draft.")
    return workflow.published_version_id


def _called(version: Version) -> str:
    return f"version {version.number}" if version.number else f"“{version.name[:120]}”"


async def _snapshot(session: Session, by: Principal, workflow: Workflow) -> Version:
    drawn = await drafts.read(session, workflow.id, rooms.pending(workflow.id))
    await _require_sound(session, by, drawn, workflow.id)
    standing = await repository.snapshot(session, workflow.id, drawn.diagram.digest())
    return standing or await _store(session, by, workflow, drawn.diagram)


async def _store(
    session: Session,
    by: Principal,
    workflow: Workflow,
    diagram: Diagram,
    told: Told | None = None,
) -> Version:
    plain = diagram.model_dump(mode="json")
    json.require(plain, "diagram")
    version = Version(
        id=ids.new("ver"),
        team_id=workflow.team_id,
        workflow_id=workflow.id,
        number=told.number if told else None,
        digest=diagram.digest(),
        diagram=plain,
        message=told.message.replace("\0", "") if told else "",
        name=told.name if told else "",
        created_by=by.account_id,
        created_at=clock.now(),
    )
    session.add(version)
    await session.flush()
    return version


async def _held(session: Session, by: Principal, ref: str) -> Workflow:
    workflow = await service.get(session, by, ref)
    if workflow.archived_at:
        raise Conflict(f"“{workflow.name}” is archived.", fix="Take it out of the archive first.")
    return await repository.lock(session, workflow.id) or workflow
