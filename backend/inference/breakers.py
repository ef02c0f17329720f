"""Circuit breakers: a provider that failed several times in a row is left alone for a while, in each team for itself.

closed ──(failures in a row)──► open ──(after the rest)──► half open: one call tries ──(well)──► closed
                                 ▲                                       └──(badly)── the rest is twice as long
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, get_args

from pydantic import BaseModel, Field

from backend.core import clock
from backend.core.settings import settings
from backend.inference.breaker_store import Either, Store
from backend.inference.chat_errors import ChatError, ModelBusy, ModelFailed, ModelResting, ModelTooSlow
from backend.inference.chat_types import ChatReply

_WINDOW_SECONDS = 120.0  # failures further apart than this are not in a row
_LONGEST_REST_SECONDS = 600.0
_PROBE_SECONDS = 30.0
_BUSY = "busy:"
_FAULTS = (ModelFailed, ModelTooSlow, ModelBusy)

_WHY: dict[type[ChatError], str] = {
    ModelFailed: "It failed.",
    ModelTooSlow: "It did not answer in time.",
    ModelBusy: "It had too many requests.",
}

State = Literal["closed", "open", "half_open"]
Of = Literal["models", "server"]
"""Whether it is a provider of models, or a server that steps ask over HTTP."""
STATES: tuple[State, ...] = get_args(State)


@lru_cache
def store() -> Store:
    """This process' way to what all processes know."""
    return Either()


class Breaker(BaseModel):
    """How a provider is doing, for one team."""

    state: State = "closed"
    failures: int = Field(default=0, description="Failures in a row.")
    until: datetime | None = Field(default=None, description="Open: when it is tried again.")
    why: str = Field(default="", description="The last failure.")
    busy: dict[str, datetime] = Field(
        default={}, description="Models that answered 429, and from when they want to be asked again."
    )


@dataclass(frozen=True)
class Moved:
    """A breaker has opened, or has closed after that. One that opens anew after its rest was not closed, and is not told."""

    provider: str
    to: Literal["opened", "closed"]
    failures: int = 0
    until: datetime | None = None
    why: str = ""
    of: Of = "models"


Told = Callable[[Moved], Awaitable[None]]


@dataclass(frozen=True)
class _Known:
    """What the store says."""

    fields: dict[str, str]

    @property
    def until(self) -> float:
        return float(self.fields.get("until", 0))

    def busy(self) -> dict[str, float]:
        """By model, until when."""
        now = clock.now().timestamp()
        named = {n.removeprefix(_BUSY): float(v) for n, v in self.fields.items() if n.startswith(_BUSY)}
        return {model: until for model, until in named.items() if until > now}

    def state(self) -> State:
        if not self.until:
            return "closed"
        return "open" if self.until > clock.now().timestamp() else "half_open"


async def look(team_id: str, provider: str) -> Breaker:
    """The breaker as people see it."""
    known = _Known(await store().read(_key(team_id, provider)))
    return Breaker(
        state=known.state(),
        failures=int(known.fields.get("failures", 0)),
        until=_moment(known.until) if known.until else None,
        why=known.fields.get("why", ""),
        busy={model: _moment(until) for model, until in known.busy().items()},
    )


async def nobody(moved: Moved) -> None:
    """Told to nobody."""


async def through(
    team_id: str, model: str, ask: Callable[[], Awaitable[ChatReply]], told: Told = nobody
) -> ChatReply:
    """Ask, unless the provider rests; raises ModelResting then. What comes of it moves the breaker, and is told."""
    provider, _, name = model.partition(":")
    key = _key(team_id, provider)
    known = _Known(await store().read(key))
    await _require_awake(key, known, provider, name)
    try:
        reply = await ask()
    except _FAULTS as error:
        if opened := await _failed(key, known, name, error):
            await told(opened)
        raise
    except ChatError:
        await _answered(key, known, told)  # it refused something, so it works
        raise
    await _answered(key, known, told)
    return reply


async def _answered(key: str, known: _Known, told: Told) -> None:
    if fields := [field for field in known.fields if not field.startswith(_BUSY)]:
        await store().drop(key, *fields)
        await store().drop(f"{key}:probe")
        await store().drop(f"{key}:opens")
    if known.until:
        await told(Moved(key.rpartition(":")[2], "closed"))


async def _require_awake(key: str, known: _Known, provider: str, name: str) -> None:
    if until := known.busy().get(name):
        raise _resting(f"{provider}:{name} has too many requests", until)
    state = known.state()
    why = f"{provider} failed {known.fields.get('failures', 'several')} times in a row"
    if state == "open":
        raise _resting(why, known.until, known.fields.get("why", ""))
    if state == "half_open" and not await store().first(f"{key}:probe", _PROBE_SECONDS):
        raise _resting(f"{why}, and another call tries it just now", clock.now().timestamp() + 1)


async def _failed(key: str, known: _Known, name: str, error: ChatError) -> Moved | None:
    """Count it; the breaker, where this has opened it."""
    wait = error.details.get("retry_after")
    if isinstance(wait, int | float):
        until = clock.now().timestamp() + float(wait)
        await store().put(key, {_BUSY + name: repr(until)}, float(wait))
        if isinstance(error, ModelBusy):  # it told when it can be asked: that is no failure
            return None
    count, probing = await store().add(key, "failures", _WINDOW_SECONDS), known.state() == "half_open"
    why = _WHY[type(error)]  # what the provider said may quote the question
    if not probing and count < settings().breaker_failures:
        await store().put(key, {"why": why}, _WINDOW_SECONDS)
        return None
    if not probing and not await store().first(f"{key}:opens", _PROBE_SECONDS):
        return None  # a call beside this one has opened it
    until = await _rest(key, why)
    return None if probing else Moved(key.rpartition(":")[2], "opened", count, _moment(until), why)


async def _rest(key: str, why: str) -> float:
    """Leave it alone, each time longer; until when."""
    rests = await store().add(key, "rests", _WINDOW_SECONDS)
    rest = min(settings().breaker_seconds * 2 ** (rests - 1), _LONGEST_REST_SECONDS)
    until = clock.now().timestamp() + rest
    await store().put(key, {"why": why, "until": repr(until)}, rest + _WINDOW_SECONDS)
    await store().drop(f"{key}:probe")
    return until


def _resting(why: str, until: float, last: str = "") -> ModelResting:
    seconds = max(until - clock.now().timestamp(), 0.0)
    told = f"{why}; it is asked again at {_moment(until):%H:%M:%S} UTC." + (f" {last}" if last else "")
    fix = "Wait, or name other models as fallbacks."
    return ModelResting(told, fix=fix, retry_after=round(seconds, 1))


def _moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)


def _key(team_id: str, provider: str) -> str:
    return f"{team_id}:{provider}"
