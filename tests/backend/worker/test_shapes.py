"""The shapes of a diagram over REST and a worker process: loops with an end, maps in maps, branches that wait or die."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.workflows.diagram import Diagram, Node, Wire
from tests.backend.runs import made
from tests.backend.runs.served import calling, serving
from tests.backend.worker.house import House, check_invariants
from tests.backend.worker.over_rest import Program

pytestmark = [pytest.mark.db, pytest.mark.redis]


@pytest.fixture
async def program(house: House) -> AsyncIterator[Program]:
    house.worker()
    nobody = await made.world()
    async with serving() as port, calling(port, nobody.by) as caller:
        yield Program(caller)


def drawn(name: str, nodes: list[Node], *wires: str) -> Diagram:
    """A diagram from nodes and wires written as `a>b` or `a.port>b`."""
    pairs = [wire.split(">") for wire in wires]
    ends = [(source.partition("."), target) for source, target in pairs]
    return Diagram(
        name=name,
        nodes=(Node(id="start", kind="start"), *nodes, Node(id="output", kind="output")),
        wires=tuple(Wire(source=s[0], source_port=s[2] or "out", target=target) for s, target in ends),
    )


def text(node_id: str, value: str = "", **more: Any) -> Node:
    """A node that says something."""
    fields = [{"name": "text", "value": value or node_id}]
    return Node(id=node_id, kind="set_fields", config={"fields": fields}, **more)


async def test_loops_end_and_maps_nest(house: House, program: Program) -> None:
    again = drawn(
        "Endless",
        [
            Node(id="again", kind="loop", config={"until": "False", "max_iterations": 3}),
            Node(id="turn", kind="code", parent="again", config={"source": "{'turn': index}"}),
        ],
        "start>again",
        "again>output",
    )
    rows = Node(id="rows", kind="map_list", config={"items": "input.rows", "concurrency": 2})
    row = Node(id="row", kind="map_list", parent="rows", config={"items": "item"})
    twice = Node(id="twice", kind="code", parent="row", config={"source": "item * 2"})
    nested = drawn("Maps in maps", [rows, row, twice], "start>rows", "rows>output")
    looped = await program.start(await program.make(again), {})
    mapped = await program.start(await program.make(nested), {"rows": [[1, 2], [], [3]]})
    ended = [await program.at_rest(run["id"]) for run in (looped, mapped)]
    assert [run["status"] for run in ended] == ["succeeded"] * 2, [run["error"] for run in ended]
    assert ended[0]["output"] == {"turn": 2}
    assert [key for key in await program.steps(looped["id"]) if key.endswith("turn")] == [
        f"again:{turn}/turn" for turn in range(3)
    ]
    assert ended[1]["output"] == [[2, 4], [], [6]]
    assert "rows:2/row:0/twice" in await program.steps(mapped["id"])
    await check_invariants([await house.ended(run["id"]) for run in (looped, mapped)])


async def test_a_branch_goes_on_while_another_waits_for_a_person(house: House, program: Program) -> None:
    ask = Node(id="ask", kind="human_approval", config={"title": "Well?"})
    join = Node(id="join", kind="join")
    diagram = drawn(
        "Ask and go on",
        [ask, text("first"), text("second", "{{ nodes.first.text }} and second"), join],
        *("start>ask", "start>first", "first>second", "second>join", "ask.approved>join", "join>output"),
    )
    run = await program.start(await program.make(diagram), {})
    waiting = await program.at_rest(run["id"])
    assert waiting["status"] == "waiting_person"
    assert (await program.steps(run["id"]))["second"]["output"] == {"text": "first and second"}
    ended = await program.answer(run["id"], "approved")
    assert ended["output"]["second"] == {"text": "first and second"}
    assert ended["output"]["ask"]["verdict"] == "approved"
    await check_invariants([await house.ended(run["id"])])


async def test_a_join_does_not_wait_for_a_branch_that_is_dead(house: House, program: Program) -> None:
    rules = {"match": "all", "rows": [{"field": "input.big", "operator": "is_true"}]}
    diagram = drawn(
        "One of two",
        [
            Node(id="big", kind="condition", config={"by": "rules", "rules": rules}),
            *(text("yes"), text("no"), text("after_no"), text("always")),
            Node(id="join", kind="join"),
        ],
        *("start>big", "start>always", "big.yes>yes", "big.no>no", "no>after_no"),
        *("yes>join", "after_no>join", "always>join", "join>output"),
    )
    workflow_id = await program.make(diagram)
    started = [await program.start(workflow_id, {"big": big}) for big in (True, False)]
    ended = [await program.at_rest(run["id"]) for run in started]
    assert [run["status"] for run in ended] == ["succeeded"] * 2, [run["error"] for run in ended]
    assert [set(run["output"]) for run in ended] == [{"yes", "always"}, {"after_no", "always"}]
    await check_invariants([await house.ended(run["id"]) for run in started])
