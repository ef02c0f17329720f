"""Runs that were stored once and must replay alike on every later state of the code (C-25): how they are written and read."""

from datetime import datetime
from pathlib import Path
from typing import Any, cast

import orjson
from sqlmodel import col, select

from backend.core import clock, db
from backend.engine import journal, values
from backend.engine.ports import StepId
from backend.engine.records import Commit, EffectRow, StepRow
from backend.engine.writer import Writer
from backend.identity.principal import Principal
from backend.runs.models import EffectRecord, Run, StepRecord
from backend.workflows import templates
from backend.workflows.diagram import Diagram, Node, Retry
from tests.backend.runs import made
from tests.backend.runs.stage import drawn, text

FOLDER = Path(__file__).parent / "replay_corpus"
_STEP = ("node_id", "path", "visit", "status", "attempt", "port", "input", "output", "error")
_EFFECT = ("node_id", "path", "visit", "attempt", "n", "kind", "digest", "result", "of_output", "error")


def code(node_id: str, source: str, **more: Any) -> Node:
    return Node(id=node_id, kind="code", config={"source": source}, **more)


def chat(node_id: str, script: str, prompt: str = "Hello?", **more: Any) -> Node:
    config = {"model": "scripted/script", "script": script, "prompt": prompt}
    return Node(id=node_id, kind="chat_model", config=config, **more)


def shapes() -> dict[str, tuple[Diagram, Any]]:
    """Diagrams of each sort of control flow, each with an input."""
    one = "turns:\n  - {say: 'One'}"
    flaky = "turns:\n  - {say: 'At last', fail: 503, fail_attempts: 2}"
    branches = [text("a"), text("b", "{{ nodes.a.text }} b"), text("x"), Node(id="join", kind="join")]
    rules = {"match": "all", "rows": [{"field": "input.big", "operator": "is_true"}]}
    big = Node(id="big", kind="condition", config={"by": "rules", "rules": rules})
    rows = Node(id="rows", kind="map_list", config={"items": "input.rows"})
    collect = rows.model_copy(update={"config": {"items": "input.rows", "on_item_error": "collect"}})
    row = Node(id="row", kind="map_list", parent="rows", config={"items": "item"})
    again = Node(id="again", kind="loop", config={"until": "previous > 0.8", "max_iterations": 4})
    cases = [{"name": "red"}, {"name": "blue"}]
    switch = Node(id="colour", kind="switch", config={"value": "input.colour", "cases": cases})
    first = Node(id="first", kind="join", config={"mode": "any"})
    tries = Retry(max_attempts=3, backoff_seconds=0)
    routed = code("sum", "1 / 0", on_error="route")
    known = code("sum", "1 / 0", on_error="default", default_output=[0])
    dice = code("dice", "import random\nrandom.random()", parent="again")
    when = Node(id="when", kind="set_fields", config={"fields": [{"name": "at", "value": "{{ now() }}"}]})
    ask = Node(id="ask", kind="human_approval", config={"title": "Well?", "expires_after": 60})
    wait = Node(id="wait", kind="wait", config={"duration": 0.02})
    joined = ["start>a", "a>b", "b>join", "start>x", "x>join", "join>output"]
    return {
        "branches-and-a-join": (drawn(branches, *joined), {}),
        "a-dead-branch": (drawn([big, *branches], "start>big", "big.yes>a", "big.no>x", *joined[1:3], *joined[4:]),
                          {"big": True}),
        "maps-in-maps": (drawn([rows, row, code("twice", "item * 2", parent="row")], "start>rows", "rows>output"),
                         {"rows": [[1, 2], [], [3]]}),
        "failing-items": (drawn([collect, code("part", "6 // item", parent="rows")], "start>rows", "rows>output"),
                          {"rows": [1, 0, 3]}),
        "a-loop-of-dice": (drawn([again, dice], "start>again", "again>output"), {}),
        "a-switch": (drawn([switch, text("r"), text("e")], "start>colour", "colour.red>r", "colour.else>e", "r>output",
                           "e>output"), {"colour": "green"}),
        "an-error-port": (drawn([routed, text("sorry")], "start>sum", "sum.error>sorry", "sorry>output"), {}),
        "a-default": (drawn([known], "start>sum", "sum>output"), {}),
        "a-failure": (drawn([text("a"), code("sum", "1 / 0")], "start>a", "a>sum", "sum>output"), {}),
        "a-model-tried-again": (drawn([chat("ask", flaky, retry=tries)], "start>ask", "ask>output"), {}),
        "a-clock-a-wait-and-a-person": (drawn([when, wait, ask], "start>when", "when>wait", "wait>ask",
                                              "ask.approved>output"), {}),
        "the-first-of-two": (drawn([chat("quick", one), wait, first], "start>quick", "start>wait", "quick>first",
                                   "wait>first", "first>output"), {}),
    }  # fmt: skip


def all_diagrams() -> dict[str, tuple[Diagram, Any]]:
    """Every template with every sample, and every shape."""
    found = shapes()
    for template in templates.all_():
        for sample, given in template.diagram.samples.items():
            found[f"{template.name}-{sample.replace(' ', '-')}"] = (template.diagram, given)
    return found


async def write(name: str, run: Run, diagram: Diagram) -> None:
    """Store the run as a file, with whole values."""
    database = db.database()

    async def row(record: Any, names: tuple[str, ...]) -> dict[str, Any]:
        plain = {name: getattr(record, name) for name in names}
        return {key: await journal.restored(database, run.team_id, value) for key, value in plain.items()}

    async with database.reading() as session:
        steps = (await session.exec(select(StepRecord).where(col(StepRecord.run_id) == run.id))).all()
        effects = (await session.exec(select(EffectRecord).where(col(EffectRecord.run_id) == run.id))).all()
    found = {
        "diagram": diagram.model_dump(mode="json", exclude_defaults=True),
        "run": {"id": run.id, "started_by": run.started_by, "status": run.status, "input": run.input,
                "output": run.output, "error": run.error, "started_at": run.started_at, "created_at": run.created_at},
        "steps": [await row(one, _STEP) for one in steps],
        "effects": [await row(one, _EFFECT) for one in effects],
    }  # fmt: skip
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")


async def read(path: Path, by: Principal, writer: Writer) -> tuple[Run, dict[str, Any]]:
    """Bring a stored run into this database, as a run of the caller's team."""
    found = orjson.loads(path.read_bytes())
    world = await made.published(by, Diagram.model_validate(found["diagram"]), path.stem[:60])
    told, now = found["run"], clock.now()
    run = Run(
        id=told["id"], team_id=by.team_id, workflow_id=world.workflow_id, version_id=world.version_id,
        status=told["status"], started_by=told["started_by"], input=told["input"], output=told["output"],
        error=told["error"], created_at=now, started_at=datetime.fromisoformat(told["started_at"]), finished_at=now,
    )  # fmt: skip
    async with db.database().transaction() as session:
        session.add(run)
    commit = Commit(run.id, by.team_id, None, now)

    def stored(value: Any) -> str:
        kept = values.keep(value, "a stored value", 10_000_000)
        commit.blobs += [(digest, bytes(piece)) for digest, piece in kept.blobs]
        return kept.stored

    for one in found["steps"]:
        error = values.dumps(one["error"]) if one["error"] else None
        place = (one["node_id"], one["path"], one["visit"])
        commit.steps.append(StepRow(*place, one["status"], one["attempt"], one["port"], stored(one["input"]),
                                    stored(one["output"]), error, now, now))  # fmt: skip
    commit.effects = [
        EffectRow(StepId(one["node_id"], one["path"], one["visit"]), one["attempt"], one["n"], one["kind"],
                  one["digest"], None if one["of_output"] else stored(one["result"]), one["of_output"],
                  values.dumps(one["error"]) if one["error"] else None)
        for one in found["effects"]
    ]  # fmt: skip
    await writer.submit(commit)
    return run, found


def path_of(steps: list[dict[str, Any]]) -> set[tuple[str, str, str, str | None]]:
    """Which steps there were, and how each was left."""
    return {(one["path"], one["node_id"], one["status"], cast(str | None, one["port"])) for one in steps}
