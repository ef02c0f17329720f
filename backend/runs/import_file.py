"""Reads the file of a whole run that anybody may have written: everything in it is checked, and refused with its place."""

from base64 import b64decode
from collections.abc import Hashable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Literal, cast

import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from backend.core import json
from backend.core.errors import Invalid, Problem
from backend.core.settings import settings
from backend.engine import chunks, values
from backend.engine.acting import Acting
from backend.engine.ports import EventKind
from backend.runs.fork_schemas import StepRef
from backend.workflows.diagram import Diagram, NodeId

MAX_EVENTS, MAX_STEPS, MAX_EFFECTS, MAX_LEVELS = 200_000, 20_000, 200_000, 8
Blobs = dict[str, bytes]


def _of_our_time(at: datetime) -> datetime:
    if not 1970 <= at.year <= 2999:
        raise ValueError("must lie between 1970 and 2999")
    return at.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
Number = Annotated[int, Field(ge=1, lt=2**31)]
Error = dict[str, JsonValue] | None


def _places(acting: Acting) -> Acting:
    """Its edits name steps."""
    for edit in acting.edits:
        StepRef.model_validate(edit)
    return acting


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Run(_Part):
    id: str = Field(max_length=100)
    status: Literal["succeeded", "failed", "cancelled"]
    trigger: str = Field(max_length=100)
    input: JsonValue = None
    output: JsonValue = None
    error: Error = None
    acting: Annotated[Acting, AfterValidator(_places)] | None = None
    started_by: str = Field(default="", max_length=100)
    created_at: Moment
    started_at: Moment | None = None
    finished_at: Moment | None = None


class _Workflow(_Part):
    name: str = Field(max_length=200)
    slug: str = Field(max_length=200)
    version: int | None = None


class _OfAStep(_Part):
    path: str = Field(default="", max_length=2000)
    visit: Number = 1
    attempt: Number = 1


class _Event(_OfAStep):
    run_id: str
    seq: Number
    at: Moment
    kind: EventKind
    node_id: NodeId | None = None
    data: dict[str, JsonValue] = {}


class _Step(_OfAStep):
    node_id: NodeId
    status: Literal["succeeded", "failed", "skipped"]
    port: str | None = Field(default=None, max_length=200)
    input: JsonValue = None
    output: JsonValue = None
    error: Error = None
    started_at: Moment
    finished_at: Moment | None = None


class _EffectError(BaseModel):
    """As `engine.effects` stores it: it has to be raised again."""

    model_config = ConfigDict(extra="allow")
    code: str = Field(max_length=100)
    message: str = ""
    type: str = Field(default="Error", max_length=200)


class _Effect(_OfAStep):
    node_id: NodeId
    n: int = Field(ge=0, lt=2**31)
    kind: str = Field(max_length=50)
    digest: str = Field(pattern="^[0-9a-f]{64}$")
    result: JsonValue = None
    of_output: bool = False
    error: _EffectError | None = None

    def row(self) -> dict[str, Any]:
        """The row, with the error as it was told."""
        error = self.error.model_dump(exclude_unset=True) if self.error else None
        return {**self.model_dump(exclude={"error"}), "error": error}


class _Signal(_Part):
    key: str = Field(max_length=1000, pattern="^signal:[^:]*:[^:]*:[^:]+$")
    payload: JsonValue = None
    at: Moment


class HistoryFile(_Part):
    """The file that an export writes."""

    quadrille_run: Literal[1]
    exported_at: Moment
    run: _Run
    workflow: _Workflow
    diagram: Diagram
    events: list[_Event] = Field(max_length=MAX_EVENTS)
    steps: list[_Step] = Field(max_length=MAX_STEPS)
    effects: list[_Effect] = Field(default=[], max_length=MAX_EFFECTS)
    signals: list[_Signal] = Field(default=[], max_length=MAX_EVENTS)
    blobs: dict[str, str] = {}


def history_schema() -> dict[str, Any]:
    """The published shape of the file: what the import demands of it before it looks at what belongs together."""
    schema = HistoryFile.model_json_schema()
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **schema, "title": "The history of a run of Quadrille"}


def read(text: bytes) -> tuple[HistoryFile, Blobs]:
    """The file, and the pieces of its big values; raises Invalid naming each place."""
    try:
        file = HistoryFile.model_validate(_plain(json.loads(text)))
    except orjson.JSONDecodeError as wrong:
        where = f"line {wrong.lineno}, column {wrong.colno}"
        raise refused(f"The file is not JSON: {wrong.msg} ({where}).", where) from None
    except ValidationError as wrong:
        raise _as_problems(wrong) from None
    _numbered(file)
    _once(file)
    return file, _pieces(file)


def _plain(found: Any) -> Any:
    """The file as plain JSON; its pieces are only text, and the most of it."""
    if not isinstance(found, dict):
        return found
    whole = cast(dict[str, Any], found)
    blobs = whole.pop("blobs", {})
    return {**cast(dict[str, Any], json.plain(whole, "file")), "blobs": blobs}


def refused(message: str, place: str) -> Invalid:
    """The error for one thing that is wrong."""
    fix = "Import a file as `GET /runs/{id}/history` gave it."
    return Invalid(message, problems=[Problem(message, place, fix, "bad_history")])


def _as_problems(wrong: ValidationError) -> Invalid:
    problems = [
        Problem(f"{place}: {e['msg']}", place, "Import the file as it was exported.", "bad_history")
        for e in wrong.errors(include_url=False, include_input=False)[:50]
        if (place := ".".join(map(str, e["loc"])) or "file")
    ]
    return Invalid(problems[0].message, problems=problems)


def _numbered(file: HistoryFile) -> None:
    for place, event in enumerate(file.events):
        if event.seq != place + 1:
            raise refused(
                f"Event {place} has the number {event.seq}, not {place + 1}.", f"events.{place}.seq"
            )
        if event.run_id != file.run.id:
            raise refused(f"Event {place} is of another run.", f"events.{place}.run_id")


def _once(file: HistoryFile) -> None:
    places: dict[str, list[Hashable]] = {
        "steps": [(step.node_id, step.path, step.visit) for step in file.steps],
        "effects": [(one.node_id, one.path, one.visit, one.attempt, one.n) for one in file.effects],
        "signals": [signal.key for signal in file.signals],
    }
    for name, keys in places.items():
        seen: set[Hashable] = set()
        for place, key in enumerate(keys):
            if key in seen:
                raise refused(f"{key} is listed twice.", f"{name}.{place}")
            seen.add(key)


def _pieces(file: HistoryFile) -> Blobs:
    """The pieces that steps and events need, each with the content that its name promises."""
    sizes: dict[str, int] = {}
    needed: Blobs = {}
    for place, stored in _stored(file):
        for digest, size in values.sizes(stored).items():
            found = _measure(file.blobs, digest, sizes, needed, MAX_LEVELS)
            if found != size or size > settings().max_output_bytes:
                raise refused(
                    f"{place} names a value of {size} bytes that has {found}, or is too large.", place
                )
    return needed


def _stored(file: HistoryFile) -> list[tuple[str, JsonValue]]:
    found = [("run.input", file.run.input), ("run.output", file.run.output)]
    for n, step in enumerate(file.steps):
        found += [(f"steps.{n}.input", step.input), (f"steps.{n}.output", step.output)]
    found += [(f"effects.{n}.result", effect.result) for n, effect in enumerate(file.effects)]
    return found + [(f"events.{n}.data", event.data) for n, event in enumerate(file.events)]


def _measure(given: dict[str, str], digest: str, sizes: dict[str, int], needed: Blobs, levels: int) -> int:
    """How long the text under a digest is, without writing it out: a few pieces could stand for any number of bytes."""
    if digest in sizes:
        return sizes[digest]
    place = f"blobs.{digest[:64]}"
    try:
        piece = b64decode(given[digest], validate=True)
    except (KeyError, ValueError):
        raise refused(f"The piece {digest[:64]} is missing, or not base64.", place) from None
    if sha256(piece).hexdigest() != digest:
        raise refused(f"The piece {digest} has another content than its name says.", place)
    if levels == 0:
        raise refused("A value's pieces are nested too deep.", place)
    below, own = chunks.anatomy(piece)
    sizes[digest] = own + sum(_measure(given, child, sizes, needed, levels - 1) for child in below)
    needed[digest] = piece
    return sizes[digest]
