"""What a saga has to undo, read from the rows of its finished steps; and what a compensation sees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import JsonValue
from sqlalchemy import text

from backend.core.columns import Json
from backend.engine import children, journal, values
from backend.engine.ir import Part
from backend.engine.live import LiveRun
from backend.engine.ports import StepId
from backend.engine.scope import Given, Place, Play, PlayStep

# Whoever finished last comes first. Steps that a fork copied have no event of their own: they were before all others.
_FINISHED = (
    "SELECT s.node_id, s.path, s.visit, s.port, s.input, s.output, e.data AS told FROM step s LEFT JOIN run_event e "
    "ON e.run_id = s.run_id AND e.node_id = s.node_id AND e.path = s.path AND e.visit = s.visit "
    "AND e.kind = 'step.succeeded' WHERE s.run_id = :run AND s.status = 'succeeded' AND s.error IS NULL AND {} "
    "ORDER BY COALESCE(e.seq, 0) DESC, s.finished_at DESC"
)
_INSIDE = text(_FINISHED.format("(s.path = :path OR substr(s.path, 1, :length) = :start)")).columns(
    input=Json, output=Json, told=Json
)
_AT = text(_FINISHED.format("s.path = :path")).columns(input=Json, output=Json, told=Json)
# What a saga further in has undone, before this one began to be undone.
_UNDONE = text(
    "SELECT s.node_id, s.path, s.visit FROM step s LEFT JOIN run_event e ON e.run_id = s.run_id "
    "AND e.node_id = s.node_id AND e.path = s.path AND e.visit = s.visit AND e.kind IN ('step.succeeded', 'step.failed') "
    "WHERE s.run_id = :run AND (s.path = :path OR substr(s.path, 1, :length) = :start) AND COALESCE(e.seq, 0) < "
    "COALESCE((SELECT MIN(b.seq) FROM run_event b WHERE b.run_id = :run AND b.kind = 'saga.compensating' "
    "AND b.node_id = :saga AND b.path = :around), e.seq + 1, 1)"
)
_ITEMS = text(
    "SELECT data FROM run_event WHERE run_id = :run AND kind = 'step.started' AND node_id = :node AND path = :path"
).columns(data=Json)


def body(step: StepId, number: int | str = 0) -> str:
    """The path of what is inside a container."""
    return f"{step.path}/" * bool(step.path) + f"{step.node_id}:{number}"


@dataclass(frozen=True)
class Entry:
    """A finished step, and the part that undoes it."""

    live: LiveRun
    step: StepId
    undo: Part
    input: JsonValue
    output: JsonValue

    @property
    def undo_step(self) -> StepId:
        """The compensation's own visit."""
        return StepId(self.undo.node.id, self.step.path, self.step.visit, undoes=self.step.node_id)

    async def given(self) -> Given:
        """What the step gave."""
        return Given("out", await _whole(self.live, self.output), values.dumps(self.output))

    async def place(self, cause: Mapping[str, Any], play_step: PlayStep) -> Place:
        """Where the step stood: the outputs and names around it, what is undone, and why."""
        place = await _place(self.live, self.step.path, play_step)
        done = await _whole(self.live, [self.input, self.output])
        came, gave = cast(list[JsonValue], done)
        undone: JsonValue = {"node": self.step.node_id, "input": came, "output": gave}
        place.extra = {**place.extra, "compensated": undone, "failure": cast(JsonValue, dict(cause))}
        return place


async def made(live: LiveRun, saga: StepId) -> list[Entry]:
    """The steps of the saga to undo, in this order."""
    path = body(saga)
    within = {"path": path, "length": len(path) + 1, "start": f"{path}/"}
    rows = await _rows(live, _INSIDE, **within)
    before = await _rows(live, _UNDONE, **within, saga=saga.node_id, around=saga.path)
    undone = {StepId(*row) for row in before}
    parts = live.program.parts
    own = [row for row in rows if not children.is_inside(row.path)]
    found = [(StepId(row.node_id, row.path, row.visit), row) for row in own if _was_played(live, row)]
    whole = {body(step, "") for step, _ in found if parts[step.node_id].undo}
    entries = [
        Entry(live, step, undo, row.input, row.output)
        for step, row in found
        if (undo := parts[step.node_id].undo) and not any(step.path.startswith(around) for around in whole)
    ]
    return [entry for entry in entries if entry.undo_step not in undone]


def _was_played(live: LiveRun, row: Any) -> bool:
    """A step of the diagram that acted in this run: not a compensation, nor one whose output was given or kept from before."""
    told = cast(dict[str, Any], row.told or {})
    return row.node_id in live.program.parts and not told.get("given")


async def _place(live: LiveRun, path: str, play_step: PlayStep) -> Place:
    """A scope as it was for its steps, once they have ended."""
    outer, _, last = path.rpartition("/")
    if not last:
        return await _with_outputs(live, Place())
    around = await _place(live, outer, play_step)
    node_id, number, *attempt = last.split(":")  # `index`, and from the second try on `index:try`
    place = Place(path, dict(around.outputs), dict(around.extra))
    step, index = StepId(node_id, outer), int(number)
    role = live.program.parts[node_id].kind.role
    if role == "map":
        place.extra = {**around.extra, "index": index, "item": (await _items(live, step))[index]}
    elif role == "loop":
        place.extra = {
            **around.extra,
            "index": index,
            "previous": await _result(live, step, ":".join([str(index - 1), *attempt]), play_step),
        }
    elif role != "saga":
        place.extra = {**around.extra, "index": index}
    return await _with_outputs(live, place)


async def _with_outputs(live: LiveRun, place: Place) -> Place:
    for row in await _rows(live, _AT, path=place.path):
        place.outputs[row.node_id] = await _whole(live, row.output)
    return place


async def _items(live: LiveRun, step: StepId) -> list[JsonValue]:
    async with live.world.writer.database.reading() as session:
        connection = await session.connection()
        asked = {"run": live.run.run_id, "node": step.node_id, "path": step.path}
        rows = await connection.execute(_ITEMS, asked)
        found = next(row.data["items"] for row in rows if "items" in row.data)
    return cast(list[JsonValue], await _whole(live, found))


async def _result(live: LiveRun, step: StepId, turn_of: str, play_step: PlayStep) -> JsonValue:
    """What a turn of a loop gave."""
    scope = live.program.parts[step.node_id].body
    if turn_of.startswith("-") or scope is None:
        return None
    turn = Play(live, scope, Place(body(step, turn_of)), play_step)
    for row in reversed(await _rows(live, _AT, path=turn.place.path)):
        if row.node_id in scope.parts:
            turn.given[row.node_id] = Given(row.port, await _whole(live, row.output), "")
    return turn.result()


async def _whole(live: LiveRun, stored: JsonValue) -> JsonValue:
    return await journal.restored(live.world.writer.database, live.run.team_id, stored)


async def _rows(live: LiveRun, query: Any, **values: Any) -> Sequence[Any]:
    async with live.world.writer.database.reading() as session:
        connection = await session.connection()
        return (await connection.execute(query, {"run": live.run.run_id, **values})).all()
