"""Starts that arrive at the same moment are stored in one transaction, and results are read in one query.

A thousand starts at once would else be a thousand waits for the disk, one after the other.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
from pydantic import JsonValue
from sqlalchemy import Row
from sqlalchemy.exc import DataError, IntegrityError

from backend.core import db
from backend.core.db import Session
from backend.core.errors import NotFound, QuadrilleError
from backend.core.queue import Priority
from backend.core.together import Together
from backend.identity.principal import Principal
from backend.runs import entry_form, limits, payloads, repository, service, stand_ins, starting, wake
from backend.runs.models import RunFields
from backend.runs.schemas import RunPublic
from backend.workflows import agents_named, versions
from backend.workflows.models import Version, Workflow

KEPT_BYTES = 32_000_000
"""So much of published diagrams, as JSON, is kept between starts."""


@dataclass(frozen=True)
class Start:
    """What somebody wants to be started."""

    by: Principal
    workflow_id: str
    input: JsonValue
    version: str | None = None
    idempotency_key: str | None = None
    trigger: str = "manual"
    priority: Priority | None = None


async def start(wanted: Start) -> RunPublic:
    """Start a run; stored when this returns. Raises what is wrong with this start alone."""
    wanted.by.require("run.start")
    starting.require_small(wanted.input)
    return await _starts.ask(wanted)


async def result(by: Principal, started: RunPublic) -> RunPublic:
    """The run as it is now, a moment after its start; its workflow and version are those it was started with."""
    by.require("run.read")
    run = await _reads.ask((by.team_id, started.id))
    shown = service.public(by, run, started.workflow_name, started.version_number)
    if payloads.is_reference(shown.input) or payloads.is_reference(shown.output):
        async with db.database().reading() as session:
            await payloads.shown(session, by, shown)
    return shown


async def _start_all(wanted: Sequence[Start]) -> Sequence[RunPublic | Exception]:
    async with db.database().transaction() as session:
        pins = _Pins(session)
        rows = [await _prepared(session, pins, one) for one in wanted]
        fresh = [row for row in rows if isinstance(row, RunFields)]
        await starting.store_new(session, fresh)
        wake.offer_some_after_commit(session, [run.id for run in fresh])
        return [
            await _shown(session, one, row, pins) if isinstance(row, RunFields) else row
            for one, row in zip(wanted, rows, strict=True)
        ]


async def _shown(session: Session, wanted: Start, row: RunFields, pins: "_Pins") -> RunPublic:
    return await payloads.shown(
        session, wanted.by, service.public(wanted.by, row, *pins.names[row.version_id])
    )


async def _prepared(session: Session, pins: "_Pins", wanted: Start) -> RunFields | RunPublic | Exception:
    """The row to be; a start under a key is a thing of its own, for it may have been made before."""
    try:
        if wanted.idempotency_key:
            return await starting.start(session, **vars(wanted))
        pinned = await pins.get(wanted)
        run = await _row(session, wanted, pinned)
        limits.rank(run, wanted.priority or await pins.priority(wanted.by.team_id, run.workflow_id))
    except QuadrilleError as error:
        return error
    else:
        return run


async def _row(session: Session, wanted: Start, pinned: Version) -> RunFields:
    given = entry_form.checked(pinned, wanted.input)
    row = RunFields(**starting.fields(wanted.by, pinned, given, wanted.trigger))
    row.calls = await agents_named.pinned(session, pinned)
    row.acting = await stand_ins.acting_of(session, wanted.by, row, pinned)
    return row


class Kept:
    """The published versions that were started last, as many as their room holds."""

    def __init__(self) -> None:
        self._versions: OrderedDict[str, tuple[Version, int]] = OrderedDict()
        self._bytes = 0

    def get(self, version_id: str) -> Version | None:
        """The version, if it is still here."""
        found = self._versions.get(version_id)
        return found[0] if found else None

    def keep(self, version: Version) -> None:
        """It was started just now; those that were not for longest go, and one that is too big by itself is not kept."""
        if version.id not in self._versions:
            size = len(orjson.dumps(version.diagram))
            self._versions[version.id], self._bytes = (version, size), self._bytes + size
        self._versions.move_to_end(version.id)
        while self._bytes > KEPT_BYTES:
            _, (_, size) = self._versions.popitem(last=False)
            self._bytes -= size


class _Pins:
    """Versions of one transaction, each looked up once; published ones are kept, since they never change."""

    published: ClassVar[Kept] = Kept()

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[tuple[str, str, str | None], Version] = {}
        self._priorities: dict[str, str] = {}
        self.names: dict[str, tuple[str, int | None]] = {}  # of a version's workflow, and its number

    async def get(self, wanted: Start) -> Version:
        key = (wanted.by.team_id, wanted.workflow_id, wanted.version)
        if key not in self._known:
            version = await self._published(wanted) if wanted.version in (None, "published") else None
            if version is None:
                version = await versions.pin(self._session, wanted.by, wanted.workflow_id, wanted.version)
                workflow = await self._session.get_one(Workflow, version.workflow_id)
                self.names[version.id] = workflow.name, version.number
            self._known[key] = version
        return self._known[key]

    async def _published(self, wanted: Start) -> Version | None:
        """In most cases one query says what is played and how urgent it is."""
        wanted.by.require("workflow.read")
        found = await repository.published(self._session, wanted.by.team_id, wanted.workflow_id)
        if found is None:
            return None
        version = self.published.get(found.version_id)
        if version is None:
            version = await repository.version(self._session, wanted.by.team_id, found.version_id)
        if version is not None:
            self.published.keep(version)
            self.names[version.id] = found.workflow_name, version.number
            self._priorities[version.workflow_id] = found.priority
        return version

    async def priority(self, team_id: str, workflow_id: str) -> str:
        if workflow_id not in self._priorities:
            self._priorities[workflow_id] = await limits.priority(self._session, team_id, workflow_id)
        return self._priorities[workflow_id]


async def _read_all(asked: Sequence[tuple[str, str]]) -> Sequence[Row[Any] | Exception]:
    async with db.database().reading() as session:
        found = await repository.some(session, [run_id for _, run_id in asked])
    return [
        run if (run := found.get(run_id)) and run.team_id == team_id else NotFound("There is no such run.")
        for team_id, run_id in asked
    ]


_starts = Together[Start, RunPublic](_start_all, apart=(IntegrityError, DataError))
_reads = Together[tuple[str, str], Row[Any]](_read_all)
