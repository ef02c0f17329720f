"""C-17 and C-18: what is big or odd goes in over REST and comes back as it was, or is refused with its place."""

import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Text, cast
from sqlmodel import col, func, select

from backend.core import db
from backend.core.settings import settings
from backend.runs.models import Blob, Run, StepRecord
from backend.workflows.diagram import Node
from tests.backend.runs import made
from tests.backend.runs.served import Caller, calling, serving
from tests.backend.worker.house import House, check_invariants
from tests.forks import Forked

pytestmark = [pytest.mark.chaos, pytest.mark.db, pytest.mark.redis]
MEGABYTE = 1_000_000
TRIES = 3  # what else a process does in a moment only adds to what a value takes: the least of them is the value's


def echo() -> made.Diagram:
    """Passes on what it is given."""
    row = {"name": "echo", "value": "{{ input.value }}"}
    nodes = [Node(id=f"echo_{n}", kind="set_fields", config={"fields": [row]}) for n in range(2)]
    start = Node(id="start", kind="start", config={"fields": [{"name": "value", "type": "json"}]})
    return made.chain(start, *nodes, Node(id="output", kind="output"))


@pytest.fixture
async def caller(house: House) -> AsyncIterator[Caller]:
    world = await made.world(echo())
    async with serving() as port, calling(port, world.by) as program:
        yield program


async def play(caller: Caller, text: str) -> tuple[int, Any]:
    """Start with this as the value, in JSON, and wait for the end; the status and what was answered."""
    headers = {"Content-Type": "application/json"}
    body = b'{"input": {"value": ' + text.encode("utf-8", "surrogatepass") + b"}}"
    answer = await caller.http.post("/workflows/flow/runs?wait=50", content=body, headers=headers)
    return answer.status_code, json.loads(answer.content)


SAME = (
    '"' + "x" * MEGABYTE + '"',  # a long prompt
    str(2**63 - 1),
    str(-(2**63)),
    "0.1",
    '"\u0645\u0631\u062d\u0628\u0627 \u202eab"',  # right to left
    '"\U0001f469\u200d\U0001f469\u200d\U0001f467"',  # one emoji of five characters
    '{"\u00e9": 1, "e\u0301": 2}',  # names that look alike
    "[" * 100 + "]" * 100,
)
REFUSED = (
    (str(2**63), "input.value", "more than 64 bits"),
    (str(2**64), "input.value", "more than 64 bits"),
    ("9" * 40, "input.value", "more than 64 bits"),
    ('{"deep": [1, -' + "9" * 40 + "]}", "input.value.deep[1]", "more than 64 bits"),
    ('"a\\u0000b"', "input.value", "NUL"),
    ('"\\ud800"', "line 1, column 22", "surrogate"),
    ('"\ud800"', "line 1, column 1", "surrogates"),
    ("NaN", "line 1, column 21", "expected a JSON value"),
    ("-Infinity", "line 1, column 22", ""),
    ("1e400", "line 1, column 21", "infinity"),
    ("[" * 10_000 + "]" * 10_000, "", "depth"),
)


async def test_c18_odd_values_come_back_as_they_were_or_are_refused_with_their_place(
    house: House, caller: Caller
) -> None:
    house.worker()
    for text in SAME:
        status, run = await play(caller, text)
        assert (status, run["status"], run["output"]) == (200, "succeeded", {"echo": json.loads(text)})
    for text, place, words in REFUSED:
        status, said = await play(caller, text)
        assert status == 422, (text[:50], said)
        assert any(place in problem["place"] for problem in said["problems"]), (text[:50], said)
        assert words in said["detail"], (text[:50], said)
    listed = (await caller.http.get("/runs")).json()["items"]
    assert len(listed) == len(SAME), "what is refused leaves nothing behind"


async def test_c17_a_big_value_is_passed_on_and_stored_once(house: House, caller: Caller) -> None:
    worker = house.worker()
    assert (await play(caller, "1"))[0] == 200  # what a first run loads is not the value's
    grown, run, big = list[float](), dict[str, Any](), ""
    while len(grown) < TRIES and min(grown, default=5.0) > 4:
        big = random.Random(17 + len(grown)).randbytes(4_750_000).hex()
        before = at_rest(worker)
        status, run = await play(caller, f'"{big}"')
        assert (status, run["status"]) == (200, "succeeded"), run
        assert run["output"] == {"echo": big}
        grown.append((peak(worker) - before) / len(big))
    print(f"the worker grew by {grown} times the value")
    assert min(grown) <= 4
    async with db.database().reading() as session:
        wide = [
            (await session.exec(select(func.max(func.length(cast(col(column), Text)))))).one()
            for column in (StepRecord.output, Run.input, Run.output)
        ]
        kept = (await session.exec(select(func.sum(func.length(col(Blob.data)))))).one()
    assert max(wide) < 4_000, "rows name what is kept elsewhere"
    assert kept < 1.1 * len(big) * len(grown), "once, whoever uses it"
    status, said = await play(caller, f'"{big + "x" * MEGABYTE}"')
    assert (status, said["limit"]) == (413, settings().max_input_bytes)
    await check_invariants([await made.state(run["id"])])


def at_rest(worker: Forked) -> int:
    """The memory that it holds now, in bytes; `peak` counts from here on."""
    Path(f"/proc/{worker.pid}/clear_refs").write_text("5")
    return memory(worker, "VmRSS")


def peak(worker: Forked) -> int:
    """The most memory that it has held since, in bytes."""
    return memory(worker, "VmHWM")


def memory(worker: Forked, what: str) -> int:
    for line in Path(f"/proc/{worker.pid}/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) * 1024
    raise AssertionError("a process without memory")
