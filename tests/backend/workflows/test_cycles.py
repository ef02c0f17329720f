"""C-20: thirty graphs that go in circles, lead nowhere or begin twice; each problem is named exactly, and nothing else."""

import itertools
from typing import Any

import pytest

from backend.nodes.registry import all_kinds
from backend.workflows import check
from backend.workflows.diagram import Diagram, Node, Wire

SHAPE = {
    "cycle", "self_loop", "unreached", "two_starts", "no_start", "start_inside", "loop_without_exit",
    "nested_too_deep", "wire_crosses_border", "no_way_in", "empty_container", "inside_itself",
}  # fmt: skip


def drawn(wires: str, *more: str, until: str = "previous.done") -> Diagram:
    """Nodes are named by the wires; `x@l` among `more` puts x into l; `l…` are loops, `start…` starts."""
    pairs = [w.split(">") for w in wires.split()]
    parents = dict(entry.split("@") for entry in more if "@" in entry)
    names = dict.fromkeys(
        itertools.chain(*pairs, parents, parents.values(), [m for m in more if "@" not in m])
    )
    return Diagram(
        nodes=tuple(_node(name, parents.get(name), until) for name in names),
        wires=tuple(Wire(source=a, target=b) for a, b in pairs),
    )


def _node(name: str, parent: str | None, until: str) -> Node:
    if name.startswith("start"):
        return Node(id=name, kind="start", parent=parent)
    if name.startswith("l"):
        return Node(id=name, kind="loop", parent=parent, config={"until": until})
    return Node(id=name, kind="set_fields", parent=parent, config={"fields": [{"name": "x", "value": "1"}]})


def ring(length: int) -> str:
    ids = [f"n{i}" for i in range(length)]
    return "start>n0 " + " ".join(f"{a}>{b}" for a, b in itertools.pairwise([*ids, "n0"]))


def deep(count: int) -> list[str]:
    return ["l0", *[f"l{i}@l{i - 1}" for i in range(1, count)], f"x@l{count - 1}"]


GRAPHS: list[tuple[Diagram, dict[str, Any]]] = [
    *[(drawn(ring(n)), {"cycle": ["n0"]}) for n in (2, 3, 4, 5, 9, 100)],
    (drawn("start>a a>b b>c c>b c>d"), {"cycle": ["b"]}),
    (drawn("start>a a>b b>a b>c c>d d>c"), {"cycle": ["a", "c"]}),
    (drawn("start>a a>b b>c c>a c>d d>b"), {"cycle": ["a"]}),
    (drawn("start>a a>b a>c b>d c>d d>a"), {"cycle": ["a"]}),
    (drawn("start>a a>l", "x@l", "y@l"), {}),
    (drawn("start>l x>y y>x", "x@l", "y@l"), {"cycle": ["x"]}),
    (drawn("start>l k>x x>k a>l l>a", "x@l", "k@l"), {"cycle": ["a", "k"]}),
    (drawn("start>a a>a"), {"self_loop": ["a"]}),
    (drawn("start>a a>a a>b b>b"), {"self_loop": ["a", "b"]}),
    (drawn("start>l x>x", "x@l"), {"self_loop": ["x"]}),
    (drawn("start>l l>l", "x@l"), {"self_loop": ["l"]}),
    (drawn("start>a", "b"), {"unreached": ["b"]}),
    (drawn("start>a b>c c>d"), {"unreached": ["b", "c", "d"]}),
    (drawn("start>a b>c c>b"), {"cycle": ["b"], "unreached": ["b", "c"]}),
    (drawn("start>a b>a"), {"unreached": ["b"]}),
    (drawn("start>a start2>b"), {"two_starts": ["start2"]}),
    (drawn("a>b"), {"no_start": [None]}),
    (drawn("a>b b>a"), {"no_start": [None], "cycle": ["a"]}),
    (drawn("start>a a>start"), {"cycle": ["a"], "no_way_in": ["a"]}),
    (drawn("start>l x>a", "x@l"), {"wire_crosses_border": ["x"], "unreached": ["a"]}),
    (drawn("start>l l>x", "x@l"), {"wire_crosses_border": ["l"]}),
    (drawn("start>l", "x@l", until="False"), {"loop_without_exit": ["l"]}),
    (drawn("start>l", "x@l", until="1 > 2 and True"), {"loop_without_exit": ["l"]}),
    (drawn("start>l"), {"empty_container": ["l"]}),
    (drawn("start>l0", *deep(32)), {}),
    (drawn("start>l0", *deep(33)), {"nested_too_deep": ["x"]}),
    (
        drawn("start>a", "la@lb", "lb@la"),
        {k: ["la", "lb"] for k in ("inside_itself", "empty_container", "unreached")},
    ),
]


@pytest.mark.parametrize("number", range(len(GRAPHS)))
def test_exactly_what_is_wrong_is_named(number: int) -> None:
    diagram, expected = GRAPHS[number]
    found: dict[str, list[str | None]] = {}
    for problem in check.problems(diagram, all_kinds()):
        if problem.code in SHAPE:
            found.setdefault(problem.code, []).append(problem.node_id)
    named = {code: sorted(ids, key=str) for code, ids in found.items()}
    assert named == {code: sorted(ids, key=str) for code, ids in expected.items()}


def test_there_are_enough_of_them() -> None:
    assert len(GRAPHS) >= 30
