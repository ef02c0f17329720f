"""The history says all: what it folds to is what the rows hold, every event fits its schema, and a file of it can be read back."""

import random
import secrets
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator
from sqlmodel import col, select

from backend.core import db
from backend.core.errors import Invalid, NotAllowed
from backend.engine.ports import StepId
from backend.identity.principal import Principal
from backend.runs import exporting, forking, history, import_file, importing, past, service, state_at
from backend.runs.event_kinds import KINDS, event_schema, example, undescribed
from backend.runs.fork_schemas import RetryRun
from backend.runs.models import Run, StepRecord
from tests.backend.engine.conftest import hasty as hasty
from tests.backend.engine.conftest import world as world
from tests.backend.engine.world import World, drawn
from tests.backend.identity import people

SCHEMA = Draft202012Validator(event_schema())
ROUNDS = 8


def anything(chance: random.Random, depth: int = 0) -> dict[str, Any]:
    """Some nodes of all sorts, wired forwards by chance, in containers too."""
    nodes: list[dict[str, Any]] = []
    wires: list[dict[str, str]] = []

    def scope(parent: str | None, depth: int) -> None:
        ids: list[str] = []
        for _ in range(chance.randint(1, 5)):
            node_id = f"n{len(nodes)}"
            sorts = ["say", "say", "trouble", "sleep", "emit", "map", "loop"]
            kind = chance.choice(sorts if depth < 2 else sorts[:-2])
            config: dict[str, Any] = {
                "say": {"text": "x" * chance.choice([3, 9000]), "port": chance.choice(["out", "yes"])},
                "trouble": {"times": chance.choice([0, 1, 9])},
                "sleep": {"seconds": 0.01},
                "emit": {},
                "map": {"items": "[1, 2, 3]", "on_item_error": chance.choice(["stop", "collect", "drop"])},
                "loop": {"until": "index >= 1", "max_iterations": 3},
            }[kind]
            retry = {"max_attempts": 2, "backoff_seconds": 0.01}
            more = {
                "on_error": chance.choice(["fail", "route", "default"]),
                "default_output": 1,
                "retry": retry,
            }
            nodes.append({"id": node_id, "kind": kind, "config": config, "parent": parent, **more})
            for before in ids:
                if chance.random() < 0.5:
                    port = chance.choice(["out", "out", "error", "yes"])
                    known = next(n for n in nodes if n["id"] == before)
                    if (port == "yes" and known["kind"] != "say") or (
                        port == "error" and known["on_error"] != "route"
                    ):
                        port = "out"
                    wires.append({"source": before, "source_port": port, "target": node_id})
            ids.append(node_id)
            if kind in ("map", "loop"):
                scope(node_id, depth + 1)

    scope(None, depth)
    return {"nodes": nodes, "wires": wires}


async def rows_of(run_id: str) -> tuple[Run, dict[StepId, StepRecord]]:
    async with db.database().reading() as session:
        run = await session.get(Run, run_id)
        steps = (await session.exec(select(StepRecord).where(col(StepRecord.run_id) == run_id))).all()
    assert run is not None
    return run, {StepId(s.node_id, s.path, s.visit): s for s in steps}


async def person(world: World, role: Any = "owner") -> Principal:
    return (await people.person(world.team_id, role)).by


@pytest.mark.db
async def test_the_fold_of_the_history_is_what_the_rows_hold(world: World) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        _, played = await world.play(anything(chance))
        events = [history.public(row) for row in await world.events(played)]
        for event in events:
            SCHEMA.validate(orjson.loads(event.model_dump_json()))
        run, steps = await rows_of(played.run_id)
        state = state_at.fold(events)
        assert (state.seq, state.status, state.error) == (run.last_seq, run.status, run.error)
        ended = {step: s for step, s in state.steps.items() if s.status in ("succeeded", "failed")}
        assert {k: (s.status, s.attempt, s.port, s.error) for k, s in ended.items()} == {
            k: (s.status, s.attempt, s.port, s.error) for k, s in steps.items()
        }
        assert not {s.status for s in state.steps.values()} & {"running", "waiting", "retrying"}
        middle = len(events) // 2
        assert state_at.fold(events[middle:], state_at.fold(events[:middle])) == state


@pytest.mark.db
async def test_what_was_known_then_is_shown_with_the_values_of_that_time(hasty: World) -> None:
    diagram = drawn(
        ("big", "say", {"config": {"text": "y" * 9000}}),
        ("q", "ask"),
        "after",
        wires="big>q q.approved>after",
    )
    _, run = await hasty.play(diagram)
    by = await person(hasty)
    waiting = await then(by, run.run_id)
    assert (waiting.status, waiting.seq) == ("waiting_person", 6)
    assert {s.node_id: s.status for s in waiting.steps} == {"big": "succeeded", "q": "waiting"}
    assert waiting.steps[0].output == "y" * 9000
    await hasty.answer(run, hasty.questions.asked[0][0], wake=False)
    await hasty.again(run)
    assert (await then(by, run.run_id)).status == "succeeded"
    first = await then(by, run.run_id, 2)
    assert [(s.node_id, s.status, s.output) for s in first.steps] == [("big", "running", None)]
    assert await then(by, run.run_id, waiting.seq) == waiting
    hidden = await then(await person(hasty, "viewer"), run.run_id)
    assert [s.output for s in hidden.steps] == [None] * 3


async def then(by: Principal, run_id: str, at: int | None = None) -> past.StatePublic:
    async with db.database().reading() as session:
        return await past.state(session, by, run_id, at)


async def exported(by: Principal, run_id: str) -> bytes:
    return b"".join([piece async for piece in await exporting.file(by, run_id)])


async def imported(by: Principal, text: bytes) -> str:
    async with db.database().transaction() as session:
        return (await importing.import_(session, by, text)).id


@pytest.mark.db
async def test_a_whole_run_goes_out_and_comes_in_again(world: World) -> None:
    body = (
        "b",
        "say",
        {"parent": "l", "config": {"expression": "(previous or []) + ['%06d' % index + 'x' * 999]"}},
    )
    diagram = drawn(
        ("l", "loop", {"config": {"max_iterations": 30}}), body, ("t", "trouble"), wires="l.exhausted>t"
    )
    _, run = await world.play(diagram, {"ask": "ö"})
    by = await person(world)
    text = await exported(by, run.run_id)
    assert len(text) < 250_000
    assert orjson.loads(text)["run"]["input"] == {"ask": "ö"}
    copy = await imported(by, text)
    async with db.database().reading() as session:
        shown = [await service.steps(session, by, run_id) for run_id in (run.run_id, copy)]
        pages = [await service.events_after(session, by, run_id) for run_id in (run.run_id, copy)]
        found = await service.get(session, by, copy)
    assert shown[0] == shown[1]
    assert len(str(shown[1][29].output)) > 20_000
    assert [e.model_copy(update={"run_id": ""}) for e in pages[0].items] == [
        e.model_copy(update={"run_id": ""}) for e in pages[1].items
    ]
    assert (found.status, found.trigger, found.input) == ("failed", "imported", {"ask": "ö"})
    assert found.bytes > 0
    again = orjson.loads(await exported(by, copy))
    for one in ("events", "steps", "effects", "signals", "blobs", "diagram"):
        before = orjson.loads(
            orjson.dumps(orjson.loads(text)[one]).replace(run.run_id.encode(), copy.encode())
        )
        assert sorted(before) == sorted(again[one]) if one == "blobs" else before == again[one]
    async with db.database().transaction() as session:
        with pytest.raises(Invalid.__mro__[1]) as refused:
            await forking.retry(session, by, copy, RetryRun())
    assert "never played" in str(refused.value)


@pytest.mark.db
async def test_who_may_not_read_values_exports_nothing_and_only_editors_import(world: World) -> None:
    _, run = await world.play(drawn("a"))
    text = await exported(await person(world), run.run_id)
    with pytest.raises(NotAllowed):
        await exporting.file(await person(world, "viewer"), run.run_id)
    with pytest.raises(NotAllowed):
        await imported(await person(world, "operator"), text)


BOMB = (
    b"\x01"
    + (1000).to_bytes(4)
    + sha256(b"\x01" + (900).to_bytes(4) + sha256(b"x").digest() * 900).digest() * 1000
)


def with_bomb(file: dict[str, Any]) -> None:
    inner = b"\x01" + (900).to_bytes(4) + sha256(b"x").digest() * 900
    file["blobs"] |= {sha256(p).hexdigest(): b64encode(p).decode() for p in (BOMB, inner, b"x")}
    file["steps"][0]["output"] = {"$blob": sha256(BOMB).hexdigest(), "bytes": 900_000}
    file["steps"][1]["output"] = {"$blob": sha256(BOMB).hexdigest(), "bytes": 5}


EFFECT = {"node_id": "a", "n": 0, "kind": "http", "digest": "0" * 64}
HOSTILE: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "another format": (lambda f: f.update(quadrille_run=2), "quadrille_run"),
    "a run that goes on": (lambda f: f["run"].update(status="running"), "run.status"),
    "unknown field": (lambda f: f["run"].update(token=9), "run.token"),
    "a hole": (lambda f: f["events"].pop(1), "events.1.seq"),
    "another run's event": (lambda f: f["events"][0].update(run_id="run_x"), "events.0.run_id"),
    "unknown kind": (lambda f: f["events"][0].update(kind="run.hacked"), "events.0.kind"),
    "a step twice": (lambda f: f["steps"].append(f["steps"][0]), "steps.2"),
    "NUL": (lambda f: f["events"][0]["data"].update(x="a\0b"), "file.events[0].data.x"),
    "too large a number": (lambda f: f["steps"][0].update(visit=2**40), "steps.0.visit"),
    "no zone": (lambda f: f["steps"][0].update(started_at="2026-01-01T00:00:00"), "steps.0.started_at"),
    "the year 1": (lambda f: f["steps"][0].update(started_at="0001-01-01T00:00:00+14:00"), "steps.0.started_at"),
    "no list": (lambda f: f.update(events={}), "events"),
    "a piece is missing": (lambda f: f["blobs"].clear(), "blobs."),
    "a piece says else": (lambda f: f["blobs"].update(dict.fromkeys(f["blobs"], "eHh4")), "blobs."),
    "a small piece for a great value": (with_bomb, "steps.1.output"),
    "an effect of no form": (lambda f: f.update(effects=[{"node_id": "a"}]), "effects.0.n"),
    "an effect twice": (lambda f: f.update(effects=[EFFECT, EFFECT]), "effects.1"),
    "an effect's error without a code": (lambda f: f.update(effects=[{**EFFECT, "error": {}}]), "effects.0.error.code"),
    "an effect's missing piece": (
        lambda f: f.update(effects=[{**EFFECT, "result": {"$blob": "0" * 64, "bytes": 5000}}]), "blobs."),
    "a signal that is none": (lambda f: f.update(signals=[{"key": "approval:x"}]), "signals.0.key"),
    "an edit of nothing": (lambda f: f["run"].update(acting={"source": "", "edits": [{}]}), "run.acting"),
    "a path as diagram": (lambda f: f.update(diagram="../../etc/passwd"), "diagram"),
}  # fmt: skip


@pytest.mark.parametrize("how", HOSTILE)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_hostile_file_is_refused_with_its_place(world: World, how: str) -> None:
    _, run = await world.play(drawn(("a", "say", {"config": {"text": "z" * 9000}}), "b", wires="a>b"))
    by = await person(world)
    file = orjson.loads(await exported(by, run.run_id))
    change, place = HOSTILE[how]
    change(file)
    with pytest.raises(Invalid) as refused:
        await imported(by, orjson.dumps(file))
    assert any(problem.place.startswith(place) for problem in refused.value.problems), refused.value.problems


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"null", b"{", b"[" * 100_000, b'{"a":' * 5000 + b"1" + b"}" * 5000]
)
def test_what_is_no_file_is_refused(text: bytes) -> None:
    with pytest.raises(Invalid):
        import_file.read(text)


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_fits_the_schema(kind: Any) -> None:
    SCHEMA.validate(example(kind))


def test_every_kind_of_event_is_described() -> None:
    assert not undescribed(), "describe them in backend/runs/event_kinds.py"
