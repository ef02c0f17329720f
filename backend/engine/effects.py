"""What a try asks of the world: recorded with the step, and given again where a fork or a replay takes the record."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import orjson
from pydantic import JsonValue
from sqlalchemy import text

from backend.core import db, json
from backend.core.columns import Json
from backend.core.errors import Invalid, QuadrilleError
from backend.core.settings import settings
from backend.engine import failures, journal, values
from backend.engine.ports import StepId
from backend.engine.records import EffectRow
from backend.engine.values import Kept

T = TypeVar("T")
_UNEXPECTED = "unexpected"  # an exception that is no QuadrilleError
_CUT = "cut"  # the answer did not come before the try was over
_ROWS = text(
    "SELECT attempt, kind, digest, result, of_output, error FROM effect WHERE run_id = :run AND node_id = :node "
    "AND path = :path AND visit = :visit ORDER BY attempt, n"
).columns(result=Json, error=Json)
_OUTPUT = text(
    "SELECT output FROM step WHERE run_id = :run AND node_id = :node AND path = :path AND visit = :visit"
).columns(output=Json)


class NotRecorded(Invalid):
    """A node that takes recorded answers asked for one that was never given."""

    code, title = "not_recorded", "There is no recorded answer"


class CutShort(Exception):
    """The recorded try was over before this answer came."""


class RecordedFailure(QuadrilleError):
    """An error that was recorded; another try may help, as it might have then."""


class RecordedRefusal(Invalid):
    """An error that was recorded; another try gives the same."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One request and its answer, or its error."""

    kind: str
    digest: str
    kept: Kept = values.NOTHING
    error: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An effect as it was read back."""

    kind: str
    digest: str
    result: JsonValue
    error: dict[str, Any] | None


Load = Callable[[], Awaitable[list[Recorded]]]


def _same(value: JsonValue) -> JsonValue:
    return value


@dataclass(slots=True)
class Recorder:
    """One for each try. Without `load` the world is asked and its answers are noted; with it nothing goes out."""

    load: Load | None = None
    clean: Callable[[JsonValue], JsonValue] = _same
    made: list[Effect] = field(default_factory=list[Effect])
    differs: dict[str, Any] | None = None
    _left: list[Recorded] | None = None

    @property
    def plays(self) -> bool:
        """Whether recorded answers are given."""
        return self.load is not None

    async def of(
        self,
        kind: str,
        request: JsonValue,
        do: Callable[[], Awaitable[T]],
        form: "tuple[Callable[[T], JsonValue], Callable[[JsonValue], T]]",
    ) -> T:
        """The answer to the request: asked by `do`, or recorded. `form` turns answers into JSON and back."""
        digest = _digest(kind, self.clean(request))
        if self.load is not None:
            return form[1](await self._again(kind, digest))
        try:
            found = await do()
        except Exception as error:
            self._note(Effect(kind, digest, error=_described(error, self.clean)))
            raise
        except (
            BaseException
        ):  # cancelled, or the run stops playing here; if the try goes on elsewhere, so does this
            self._note(Effect(kind, digest, error={"code": _CUT}))
            raise
        place, limit = f"the answer of {kind}", settings().max_output_bytes
        try:
            kept = values.keep(self.clean(form[0](found)), place, limit)
        except QuadrilleError as error:  # the step will say so by itself if it gives that on
            self._note(Effect(kind, digest, error=_described(error, self.clean)))
        else:
            self._note(Effect(kind, digest, kept))
        return found

    def _note(self, effect: Effect) -> None:
        self.made.append(effect)

    async def _again(self, kind: str, digest: str) -> JsonValue:
        if self._left is None:
            self._left = await cast(Load, self.load)()
        found = next((one for one in self._left if one.kind == kind and one.digest == digest), None)
        if found is None:
            found = next((one for one in self._left if one.kind == kind), None)
            self.differs = self.differs or {
                "differs": "request",
                "message": f"It asks {kind} for something else than was recorded.",
            }
        if found is None:
            fix = "Choose live for this node, or mock it."
            raise NotRecorded(f"No answer of {kind} was recorded for this.", fix=fix)
        self._left.remove(found)
        if found.error is not None:
            self._note(Effect(kind, digest, error=found.error))
            raise _raised(found.error)
        kept = values.keep(found.result, f"the answer of {kind}", settings().max_output_bytes)
        self._note(Effect(kind, digest, kept))
        return kept.value


async def recorded(
    database: db.Database, team_id: str, run_id: str, step: StepId, attempt: int
) -> list[Recorded]:
    """What this try asked in that run; what its last try asked, where it had no such try."""
    place = {"run": run_id, "node": step.node_id, "path": step.path, "visit": step.visit}
    async with database.reading() as session:
        connection = await session.connection()
        rows = (await connection.execute(_ROWS, place)).all()
        output = (await connection.execute(_OUTPUT, place)).scalar()
    tries = {row.attempt for row in rows}
    wanted = attempt if attempt in tries else max(tries, default=0)
    found: list[Recorded] = []
    for row in rows:
        if row.attempt == wanted:
            stored = output if row.of_output else row.result
            result = await journal.restored(database, team_id, stored)
            found.append(Recorded(row.kind, row.digest, result, row.error))
    return found


def rows(effects: list[Effect], step: StepId, attempt: int, output: str | None) -> list[EffectRow]:
    """As they are stored; an answer that is the step's own output is not stored twice."""
    return [
        EffectRow(
            step=step,
            attempt=attempt,
            n=n,
            kind=one.kind,
            digest=one.digest,
            result=None if (same := one.error is None and one.kept.stored == output) else one.kept.stored,
            of_output=same,
            error=None if one.error is None else values.dumps(one.error),
        )
        for n, one in enumerate(effects)
    ]


def _digest(kind: str, request: JsonValue) -> str:
    plain = orjson.dumps(json.plain(request, "the request"), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(kind.encode() + b"\n" + plain).hexdigest()


def _described(error: Exception, clean: Callable[[JsonValue], JsonValue]) -> dict[str, Any]:
    """So that the same error can be raised again."""
    if isinstance(error, QuadrilleError):
        found = failures.describe(error, "") | {"hopeless": failures.hopeless(error)}
    else:
        found = {"code": _UNEXPECTED, "type": type(error).__name__, "message": str(error)}
    return cast(dict[str, Any], clean(found))


def _raised(error: Mapping[str, Any]) -> Exception:
    if error["code"] == _CUT:
        return CutShort("The recorded try was over before this answer came.")
    if error["code"] == _UNEXPECTED:
        return type(str(error["type"]), (Exception,), {})(error["message"])
    made = RecordedRefusal if error.get("hopeless") else RecordedFailure
    found = made(error["message"], fix=error.get("fix", ""))
    found.details = dict(error.get("details") or {})
    found.__dict__["code"] = error["code"]
    return found
