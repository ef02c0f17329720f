"""A whole run as one JSON file, written piece by piece: nothing of it is in memory whole, however long the run is."""

from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import suppress
from typing import Any

import orjson

from backend.core import clock, db
from backend.core.errors import NotFound
from backend.engine import blobs, chunks, values
from backend.identity.principal import Principal
from backend.runs import history, repository, service
from backend.runs.models import Run
from backend.runs.schemas import StepPublic
from backend.workflows import service as workflows

FORMAT = 1
OF_AN_EFFECT = ("node_id", "path", "visit", "attempt", "n", "kind", "digest", "result", "of_output", "error")
PAGE = 500
_OF_THE_RUN = (
    "id",
    "status",
    "trigger",
    "input",
    "output",
    "error",
    "acting",
    "started_by",
    "created_at",
    "started_at",
    "finished_at",
)


async def file(by: Principal, run_id: str) -> AsyncGenerator[bytes]:
    """The file's text; whoever may not read values gets none of it. Raises before the first piece, or not at all."""
    by.require("run.read")
    by.require("run.payload")
    async with db.database().reading() as session:
        run = await repository.get(session, by.team_id, run_id)
        if run is None:
            raise NotFound("There is no such run.")
        version = await repository.version(session, by.team_id, run.version_id)
        workflow = await workflows.get(session, by, run.workflow_id)
    if version is None:
        raise NotFound("The version of this run is gone.")
    head = {
        "quadrille_run": FORMAT,
        "exported_at": clock.now(),
        "run": {name: getattr(run, name) for name in _OF_THE_RUN},
        "workflow": {"name": workflow.name, "slug": workflow.slug, "version": version.number},
        "diagram": version.diagram,
    }
    return _written(run, head)


async def lines(by: Principal, run_ids: Sequence[str]) -> AsyncGenerator[bytes]:
    """The files of many runs, a line each. Raises before the first piece where one of them is not there."""
    by.require("run.read")
    by.require("run.payload")
    async with db.database().reading() as session:
        found = await repository.some(session, run_ids)
    if missing := [one for one in run_ids if one not in found or found[one].team_id != by.team_id]:
        raise NotFound(f"There is no run {missing[0]}.", fix="Ask for the others alone.")
    return _lines(by, run_ids)


async def _lines(by: Principal, run_ids: Sequence[str]) -> AsyncGenerator[bytes]:
    for run_id in run_ids:
        with suppress(NotFound):  # removed a moment ago: the others are still wanted
            async for piece in await file(by, run_id):
                yield piece
            yield b"\n"


async def _written(run: Run, head: dict[str, Any]) -> AsyncGenerator[bytes]:
    roots = dict.fromkeys((*values.digests(run.input), *values.digests(run.output)))
    signals: set[str] = set()
    yield orjson.dumps(head)[:-1] + b',"events":['
    async for text in _listed(_events(run, roots, signals)):
        yield text
    yield b'],"steps":['
    async for text in _listed(_steps(run, roots)):
        yield text
    yield b'],"effects":['
    async for text in _listed(_effects(run, roots)):
        yield text
    yield b'],"signals":['
    async for text in _listed(_signals(run, signals)):
        yield text
    yield b'],"blobs":{'
    async for text in _listed(_blobs(run.team_id, list(roots))):
        yield text
    yield b"}}"


async def _listed(parts: AsyncIterator[list[bytes]]) -> AsyncGenerator[bytes]:
    between = b""
    async for part in parts:
        if part:
            yield between + b",".join(part)
            between = b","


async def _events(run: Run, roots: dict[str, None], signals: set[str]) -> AsyncGenerator[list[bytes]]:
    """Up to the number that the run had when the export began, so that rows and steps tell one story."""
    after = 0
    while after < run.last_seq:
        async with db.database().reading() as session:
            rows = await repository.events_after(session, run.team_id, run.id, after, PAGE)
        rows = [row for row in rows if row.seq <= run.last_seq]
        if not rows:
            return
        for row in rows:
            roots.update(dict.fromkeys(values.digests(row.data)))
            signals.update({row.data["signal"]} if row.data.get("signal") else ())
        yield [history.public(row).model_dump_json().encode() for row in rows]
        after = rows[-1].seq


async def _steps(run: Run, roots: dict[str, None]) -> AsyncGenerator[list[bytes]]:
    async with db.database().reading() as session:
        rows = await repository.steps(session, run.team_id, run.id, service.MAX_STEPS)
    for start in range(0, len(rows), PAGE):
        page = rows[start : start + PAGE]
        for row in page:
            roots.update(dict.fromkeys((*values.digests(row.input), *values.digests(row.output))))
        yield [_step(row) for row in page]


def _step(row: Any) -> bytes:
    shown = StepPublic.model_validate(row, from_attributes=True)
    return shown.model_dump_json(exclude={"redacted"}).encode()


async def _effects(run: Run, roots: dict[str, None]) -> AsyncGenerator[list[bytes]]:
    """What steps asked of the world, from which the run is replayed."""
    start = 0
    while True:
        async with db.database().reading() as session:
            rows = await repository.effects(session, run.id, start, PAGE)
        for row in rows:
            roots.update(dict.fromkeys(values.digests(row.result)))
        yield [orjson.dumps({name: getattr(row, name) for name in OF_AN_EFFECT}) for row in rows]
        if len(rows) < PAGE:
            return
        start += PAGE


async def _signals(run: Run, wanted: set[str]) -> AsyncGenerator[list[bytes]]:
    """The signals that its events name."""
    names = sorted(wanted)
    for start in range(0, len(names), PAGE):
        async with db.database().reading() as session:
            rows = await repository.inbox(session, run.id, names[start : start + PAGE])
        yield [orjson.dumps({"key": row.key, "payload": row.payload, "at": row.at}) for row in rows]


async def _blobs(team_id: str, wanted: Sequence[str]) -> AsyncGenerator[list[bytes]]:
    """Every piece under these roots, once."""
    seen = set(wanted)
    left = list(wanted)
    while left:
        page, left = left[-PAGE:], left[:-PAGE]
        async with db.database().reading() as session:
            found = await blobs.pieces(session, team_id, page)
        for piece in found.values():
            below = [digest for digest in dict.fromkeys(chunks.children(piece)) if digest not in seen]
            seen.update(below)
            left += below
        yield [b'"%b":"%b"' % (digest.encode(), b64encode(piece)) for digest, piece in found.items()]
