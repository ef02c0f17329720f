"""What a try asks of the world: recorded with the step, and given again where a fork or a replay takes the record."""

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast

import orjson
from pydantic import JsonValue

from backend.core import json
from backend.core.errors import Invalid, QuadrilleError
from backend.core.settings import settings
from backend.engine import failures, values
from backend.engine.ports import StepId
from backend.engine.records import EffectRow, Spent
from backend.engine.values import Kept

T = TypeVar("T")
_UNEXPECTED = "unexpected"  # an exception that is no QuadrilleError
_SHOWN = frozenset({"chat", "http", "search", "call"})
CUT = "cut"  # the answer did not come before the try was over


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
    request: Kept = values.NOTHING
    ms: float | None = None
    spent: Spent | None = None
    n: int | None = None  # its place in the try, where that is not its place among those stored with it


@dataclass(frozen=True, slots=True)
class Recorded:
    """An effect as it was read back."""

    kind: str
    digest: str
    result: JsonValue
    error: dict[str, Any] | None


class Load(Protocol):
    """Reads what was recorded; `carried` where a try went on with what the tries before it were answered."""

    def __call__(self, *, carried: bool) -> Awaitable[list[Recorded]]:
        """The answers in their order."""
        ...


class Lasts(Protocol):
    """Of a kind that resumes: stores each answer at once, and has those of earlier tries; see `engine.lasting`."""

    def number(self) -> int:
        """The place of the next answer in the try."""
        ...

    def given(self, kind: str, digest: str) -> Recorded | None:
        """What an earlier try was answered."""
        ...

    def begun(self, kind: str, request: Any) -> None:
        """The world is about to be asked."""
        ...

    async def keep(self, effect: Effect, request: Any) -> None:
        """Store the answer before anything follows from it."""
        ...


def _same(value: JsonValue) -> JsonValue:
    return value


@dataclass(slots=True)
class Recorder:
    """One for each try. Without `load` the world is asked and its answers are noted; with it nothing goes out."""

    load: Load | None = None
    clean: Callable[[JsonValue], JsonValue] = _same
    made: list[Effect] = field(default_factory=list[Effect])
    differs: dict[str, Any] | None = None
    lasts: Lasts | None = None
    _left: list[Recorded] | None = None

    @property
    def plays(self) -> bool:
        """Whether recorded answers are given."""
        return self.load is not None

    def digest(self, kind: str, request: JsonValue) -> str:
        """By what the answer to this request is found."""
        return _digest(kind, self.clean(request))

    async def of(
        self,
        kind: str,
        request: JsonValue,
        do: Callable[[], Awaitable[T]],
        form: "tuple[Callable[[T], JsonValue], Callable[[JsonValue], T]]",
        heard: "list[float] | None" = None,
    ) -> T:
        """The answer to the request: asked by `do`, or recorded. `form` turns answers into JSON and back.

        `heard` holds in the end after how many ms the first piece of the answer came.
        """
        asked = self.clean(request)
        digest = _digest(kind, asked)
        if self.load is not None:
            return form[1](await self._again(kind, digest, asked))
        if self.lasts is None:
            return (await self._ask((kind, digest), request, do, form[0], heard))[0]
        if (known := self.lasts.given(kind, digest)) is not None:
            return form[1](known.result)
        self.lasts.begun(kind, asked)
        found, effect = await self._ask((kind, digest), request, do, form[0], heard)
        if effect is not None:
            await self.lasts.keep(effect, asked)
        return found

    async def _ask(
        self,
        named: tuple[str, str],
        request: JsonValue,
        do: Callable[[], Awaitable[T]],
        plain: Callable[[T], JsonValue],
        heard: "list[float] | None",
    ) -> tuple[T, Effect | None]:
        """The world's answer, and the effect as which it was noted; none where it is too large to be given again."""
        kind, _ = named
        began, shown = time.perf_counter(), self._shown(kind, request)

        def note(kept: Kept = values.NOTHING, error: dict[str, Any] | None = None) -> Effect:
            ms = round((time.perf_counter() - began) * 1000, 1)
            return self._note(
                Effect(*named, kept, error, shown, ms, _spent(kind, kept, heard), self._number())
            )

        try:
            found = await do()
        except Exception as error:
            note(error=_described(error, self.clean))
            raise
        except (
            BaseException
        ):  # cancelled, or the run stops playing here; if the try goes on elsewhere, so does this
            note(error={"code": CUT})
            raise
        place, limit = f"the answer of {kind}", settings().max_output_bytes
        try:
            kept = values.keep(self.clean(plain(found)), place, limit)
        except QuadrilleError as error:  # the step will say so by itself if it gives that on
            note(error=_described(error, self.clean))
            return found, None
        return found, note(kept)

    def cut(self, kind: str) -> None:
        """What has no answer was cut short."""
        self._note(Effect(kind, _digest(kind, None), error={"code": CUT}))

    async def play_cut(self, kind: str) -> None:
        """Raise CutShort where that was recorded."""
        if self._left is None:
            self._left = await cast(Load, self.load)(carried=self.lasts is not None)
        if any(one.kind in (kind, CUT) and one.error is not None for one in self._left):
            self.cut(kind)
            raise _raised({"code": CUT})

    def take(self) -> list[Effect]:
        """What was noted and not taken yet, to be stored now."""
        taken, self.made = self.made, []
        return taken

    def _note(self, effect: Effect) -> Effect:
        self.made.append(effect)
        return effect

    def _number(self) -> int | None:
        return self.lasts.number() if self.lasts is not None else None

    def _shown(self, kind: str, request: JsonValue) -> Kept:
        """The request, of kinds whose requests tell more than the step's settings and input do."""
        if kind not in _SHOWN:
            return values.NOTHING
        try:
            return values.keep(self.clean(request), f"the request of {kind}", settings().max_output_bytes)
        except QuadrilleError:
            return values.NOTHING

    async def _again(self, kind: str, digest: str, asked: JsonValue) -> JsonValue:
        if self._left is None:
            self._left = await cast(Load, self.load)(carried=self.lasts is not None)
        found = next((one for one in self._left if one.kind == kind and one.digest == digest), None)
        if found is None:
            found = next((one for one in self._left if one.kind == kind), None)
            if found is None and any(one.kind == CUT for one in self._left):
                self.cut(kind)
                raise _raised({"code": CUT})
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
        effect = self._note(Effect(kind, digest, kept, n=self._number()))
        if self.lasts is not None:
            self.lasts.begun(kind, asked)
            await self.lasts.keep(effect, asked)
        return kept.value


def rows(effects: list[Effect], step: StepId, attempt: int, output: str | None) -> list[EffectRow]:
    """As they are stored; an answer that is the step's own output is not stored twice."""
    return [
        EffectRow(
            step=step,
            attempt=attempt,
            n=n if one.n is None else one.n,
            kind=one.kind,
            digest=one.digest,
            result=None if (same := one.error is None and one.kept.stored == output) else one.kept.stored,
            of_output=same,
            error=None if one.error is None else values.dumps(one.error),
            request=one.request.stored if one.request is not values.NOTHING else None,
            ms=one.ms,
            spent=one.spent,
        )
        for n, one in enumerate(effects)
    ]


def _spent(kind: str, kept: Kept, heard: list[float] | None) -> Spent | None:
    """What a model's answer says of itself."""
    if kind != "chat" or not isinstance(kept.value, dict):
        return None
    told = cast(dict[str, Any], kept.value)
    read, wrote, cost = (told.get(name) for name in ("input_tokens", "output_tokens", "cost"))
    paid = float(cost) if isinstance(cost, int | float) else None
    return Spent(
        str(told.get("model") or ""), int(read or 0), int(wrote or 0), paid, heard[-1] if heard else None
    )


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
    if error["code"] == CUT:
        return CutShort("The recorded try was over before this answer came.")
    if error["code"] == _UNEXPECTED:
        return type(str(error["type"]), (Exception,), {})(error["message"])
    made = RecordedRefusal if error.get("hopeless") else RecordedFailure
    found = made(error["message"], fix=error.get("fix", ""))
    found.details = dict(error.get("details") or {})
    found.__dict__["code"] = error["code"]
    return found
