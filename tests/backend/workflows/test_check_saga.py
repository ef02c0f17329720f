"""What can be wrong with compensations, each told with its node and a fix."""

from typing import Any

import pytest

from backend.workflows.diagram import Diagram
from tests.backend.workflows.test_check import codes, diagram, node, told


def saga(*nodes: Any, wires: str = "") -> Diagram:
    """A start that leads to the saga `s`, and nodes: texts as `diagram` reads them, or made ones."""
    made = [node(n) if isinstance(n, str) else n for n in ("start", "s:saga", *nodes)]
    return diagram(made, "start>s", *wires.split())


def undone(text: str, by: str, **more: Any) -> Any:
    return node(text, compensate_with=by, **more)


def test_a_sound_saga_has_no_problems() -> None:
    """Nothing leads to a compensation, it may read what it undoes, and the port of the rollback may be loose."""
    reads = {"text": "{{ compensated.output }} {{ failure.message }} {{ nodes.a }} {{ nodes.before }}"}
    found = saga("before(s)", undone("a(s)", "undo"), node("undo(s)", config=reads), wires="before>a")
    assert told(found) == []


def test_only_compensations_read_what_is_undone() -> None:
    reads = {"text": "{{ compensated.output }}"}
    assert codes(saga(node("x(s)", config=reads), undone("a(s)", "undo"), "undo(s)")) == {"expression": "x"}


def test_a_compensation_cannot_read_what_may_not_have_run() -> None:
    found = saga(
        undone("a(s)", "undo"), "b(s)", node("undo(s)", config={"text": "{{ nodes.b }}"}), wires="a>b"
    )
    assert codes(found) == {"may_not_have_run": "undo"}


@pytest.mark.parametrize(
    ("drawn", "code", "node_id"),
    [
        (saga(undone("a(s)", "gone")), "unknown_compensation", "a"),
        (saga(undone("a(s)", "a")), "own_compensation", "a"),
        (saga(undone("a(s)", "undo"), undone("b(s)", "undo"), "undo(s)", wires="a>b"), "shared_compensation", "a"),
        (saga(undone("a(s)", "b"), "b(s)", wires="a>b"), "compensation_wired", "b"),
        (saga(undone("a(s)", "b"), undone("b(s)", "a")), "compensation_of_compensation", "a"),
        (saga(undone("a(s)", "b"), "m:map(s)", "b(m)"), "compensation_elsewhere", "a"),
        (saga(undone("a(s)", "m"), "m:map(s)", "b(m)"), "compensation_kind", "a"),
        (saga("a(s)"), "nothing_to_undo", "s"),
        (saga(undone("a", "undo"), "undo", "x(s)", wires="s>a"), "no_saga", "a"),
    ],
)  # fmt: skip
def test_a_wrong_compensation_is_told(drawn: Diagram, code: str, node_id: str) -> None:
    assert codes(drawn).get(code) == node_id or (code, node_id) in {(p.code, p.node_id) for p in told(drawn)}
