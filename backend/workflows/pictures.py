"""The small pictures of drafts and versions, drawn once for each content."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from backend.core.db import Session
from backend.identity.principal import Principal
from backend.nodes import registry
from backend.workflows import repository, service, thumbnail, versions
from backend.workflows.diagram import Diagram

KEPT = 2_000


@dataclass(frozen=True)
class Picture:
    """An SVG, and the mark by which a browser knows that it has it."""

    svg: str
    etag: str


_drawn: OrderedDict[tuple[str, int], Picture] = OrderedDict()


async def of_draft(session: Session, by: Principal, ref: str) -> Picture:
    """The draft as it is in the database; the log's last number says whether it has to be drawn anew."""
    workflow = await service.get(session, by, ref)
    key = (workflow.id, await repository.last_update(session, workflow.id))
    return _drawn.get(key) or _draw(key, (await service.draft(session, by, workflow.id)).diagram)


async def of_version(session: Session, by: Principal, ref: str, version_id: str) -> Picture:
    """A version, which never changes."""
    version = await versions.get(session, by, ref, version_id)
    key = (version.id, 0)
    return _drawn.get(key) or _draw(key, versions.diagram(version))


def _draw(key: tuple[str, int], diagram: Diagram) -> Picture:
    svg = thumbnail.svg(diagram, registry.all_kinds()) or thumbnail.empty()
    _drawn[key] = Picture(svg, f'"{hashlib.sha256(svg.encode()).hexdigest()[:24]}"')
    while len(_drawn) > KEPT:
        _drawn.popitem(last=False)
    return _drawn[key]
