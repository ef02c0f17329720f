"""What is known of the run that is replayed: how its steps ended, and what ended those that did not end by themselves."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import JsonValue
from sqlalchemy import text

from backend.core.columns import Json
from backend.engine import children
from backend.engine.ports import StepId

if TYPE_CHECKING:
    from backend.engine.live import LiveRun

_STEP = text(
    "SELECT status, attempt, port, output, error FROM step "
    "WHERE run_id = :run AND node_id = :node AND path = :path AND visit = :visit"
).columns(output=Json, error=Json)
_RETRIED = text(
    "SELECT data FROM run_event WHERE run_id = :run AND node_id = :node AND path = :path AND visit = :visit "
    "AND kind = 'step.retrying' AND attempt = :attempt"
).columns(data=Json)
_STARTED = text(
    "SELECT 1 FROM run_event WHERE run_id = :run AND node_id = :node AND path = :path AND visit = :visit "
    "AND kind = 'step.started' LIMIT 1"
)
_ENTERED = text(
    "SELECT 1 FROM run_event WHERE run_id = :run AND (path = :path OR substr(path, 1, :length) = :start) LIMIT 1"
)
_FAILED = text(
    "SELECT error FROM step WHERE run_id = :run AND path = :path AND status = 'failed' AND port IS NULL"
).columns(error=Json)
_WITHIN = text(
    "SELECT node_id, path, visit, error FROM step WHERE run_id = :run AND substr(path, 1, :length) = :start"
).columns(error=Json)


@dataclass(frozen=True, slots=True)
class Then:
    """How a step ended; all None where it never did."""

    status: str | None = None
    attempt: int = 0
    port: str | None = None
    output: JsonValue = None  # in its stored form
    error: dict[str, Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether it has a row."""
        return self.status is not None

    @property
    def was_cut(self) -> bool:
        """Whether something else ended it; one that slept meanwhile left no row."""
        return self.status is None or is_cut(self.error)

    @property
    def was_undone_late(self) -> bool:
        """Of a saga: whether it was undone since its time was over, and the run went on."""
        undone = self.output if self.port == "compensated" and isinstance(self.output, dict) else {}
        return is_late(cast(dict[str, Any] | None, undone.get("error")))


def is_cut(error: dict[str, Any] | None) -> bool:
    """Of an error: stopped with its run, or with the container around it."""
    return error is not None and error.get("code") == "cancelled"


def is_late(error: dict[str, Any] | None) -> bool:
    """Of an error: the time of the step was over; a saga tells that as the cause."""
    return error is not None and "timeout" in (error.get("code"), _cause(error).get("code"))


def _cause(error: dict[str, Any]) -> dict[str, Any]:
    return cast(dict[str, Any], error.get("cause") or {})


async def of(live: "LiveRun", step: StepId) -> Then:
    """How this step ended."""
    row = await _first(live, _STEP, **_place(step))
    return Then(row.status, row.attempt, row.port, row.output, row.error) if row else Then()


async def late(live: "LiveRun", step: StepId, attempt: int, known: Then) -> dict[str, Any] | None:
    """The error of this try of the step, if it was that its time was over."""
    error = known.error
    if attempt < known.attempt:
        row = await _first(live, _RETRIED, **_place(step), attempt=attempt)
        error = row.data.get("error") if row else None
    return error if is_late(error) else None


async def was_started(live: "LiveRun", step: StepId) -> bool:
    """Whether it had begun."""
    return await _first(live, _STARTED, **_place(step)) is not None


async def was_entered(live: "LiveRun", path: str) -> bool:
    """Whether anything in the scope at this path had begun."""
    return await _first(live, _ENTERED, path=path, length=len(path) + 1, start=f"{path}/") is not None


async def has_failed(live: "LiveRun", path: str) -> bool:
    """Whether the scope at this path failed, by a step that nobody else ended."""
    return any(not is_cut(row.error) for row in await _all(live, _FAILED, path=path))


async def ended_within(live: "LiveRun", container: StepId, attempt: int) -> set[StepId]:
    """The steps inside this try of a container that ended by themselves; compensations, which come later, are none of them."""
    start = f"{container.path}/" * bool(container.path) + f"{container.node_id}:"
    rows = await _all(live, _WITHIN, length=len(start), start=start)
    return {
        StepId(row.node_id, row.path, row.visit)
        for row in rows
        if not is_cut(row.error)
        and (children.is_inside(row.path) or row.node_id in live.program.parts)
        and attempt_of(row.path[len(start) :]) == attempt
    }


def attempt_of(number: str) -> int:
    """The try of a container from what follows its name in a path: `3` or `3:2`, and what lies inside."""
    _, *attempt = number.partition("/")[0].split(":")
    return int(attempt[0]) if attempt else 1


def _place(step: StepId) -> dict[str, Any]:
    return {"node": step.node_id, "path": step.path, "visit": step.visit}


async def _first(live: "LiveRun", query: Any, **values: Any) -> Any:
    return next(iter(await _all(live, query, **values)), None)


async def _all(live: "LiveRun", query: Any, **values: Any) -> Any:
    source = live.run.acting.source if live.run.acting else ""
    async with live.world.writer.database.reading() as session:
        return (await (await session.connection()).execute(query, {"run": source, **values})).all()
