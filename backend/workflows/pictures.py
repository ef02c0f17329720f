"""The small pictures of drafts and versions, drawn once for each content."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from backend.core.db import Session
from backend.identity.principal import Principal
from backend.nodes import registry
from backend.workflows import repository, service, thumbnail, versions
from backend.workflows.diagram import Diagram

KEPT_BYTES = 16_000_000


@dataclass(frozen=True)
class Picture:
    """An SVG, and the mark by which a browser knows that it has it."""

    svg: str
    etag: str


class Drawn:
    """The pictures that were asked for last, as many as the room holds; of each thing the newest one alone."""

    def __init__(self, room: int = KEPT_BYTES) -> None:
        self._room = room
        self._kept: OrderedDict[str, tuple[int, Picture]] = OrderedDict()

    def get(self, key: str, number: int) -> Picture | None:
        """The picture of that content, if it is still here."""
        found = self._kept.get(key)
        if found is None or found[0] != number:
            return None
        self._kept.move_to_end(key)
        return found[1]

    def keep(self, key: str, number: int, picture: Picture) -> None:
        """Put it here, and let go of those that nobody asked for."""
        self._forget(key)
        self._kept[key] = (number, picture)
        self._room -= len(picture.svg)
        while self._room < 0:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: str) -> None:
        gone = self._kept.pop(key, None)
        self._room += len(gone[1].svg) if gone else 0


_drawn = Drawn()


async def of_draft(session: Session, by: Principal, ref: str) -> Picture:
    """The draft as it is in the database; the log's last number says whether it has to be drawn anew."""
    workflow = await service.get(session, by, ref)
    number = await repository.last_update(session, workflow.id)
    known = _drawn.get(workflow.id, number)
    return known or _draw(workflow.id, number, (await service.draft(session, by, workflow.id)).diagram)


async def of_version(session: Session, by: Principal, ref: str, version_id: str) -> Picture:
    """A version, which never changes."""
    version = await versions.get(session, by, ref, version_id)
    return _drawn.get(version.id, 0) or _draw(version.id, 0, versions.diagram(version))


def _draw(key: str, number: int, diagram: Diagram) -> Picture:
    svg = thumbnail.svg(diagram, registry.all_kinds()) or thumbnail.empty()
    picture = Picture(svg, f'"{hashlib.sha256(svg.encode()).hexdigest()[:24]}"')
    _drawn.keep(key, number, picture)
    return picture
