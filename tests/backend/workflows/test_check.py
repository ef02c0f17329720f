"""Everything wrong with a diagram is told at once, each with its node, its place and a fix."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.errors import Problem
from backend.nodes.registry import all_kinds
from backend.workflows import check
from backend.workflows.diagram import Diagram, Node, Wire
from tests.backend.workflows.kinds import KINDS
from tests.work import calls


def diagram(nodes: str | list[Node], *wires: str) -> Diagram:
    """`start a:say(b)` gives nodes (kind `say` where none is told, parents in brackets), `a.yes>b` wires."""
    if isinstance(nodes, str):
        nodes = [node(text) for text in nodes.split()]
    return Diagram(nodes=tuple(nodes), wires=tuple(wire(text) for text in wires))


def node(text: str, **more: Any) -> Node:
    text, _, parent = text.rstrip(")").partition("(")
    node_id, _, kind = text.partition(":")
    return Node(
        id=node_id, kind=kind or (node_id if node_id in KINDS else "say"), parent=parent or None, **more
    )


def wire(text: str) -> Wire:
    source, _, target = text.partition(">")
    source, _, port = source.partition(".")
    return Wire(source=source, source_port=port or "out", target=target)


def told(drawn: Diagram, secrets: set[str] | None = None) -> list[Problem]:
    found = check.problems(drawn, KINDS, secrets)
    for problem in found:
        assert problem.message
        assert problem.place
        assert problem.fix
        assert "None" not in problem.message
    return found


def codes(drawn: Diagram, secrets: set[str] | None = None) -> dict[str, str | None]:
    return {problem.code: problem.node_id for problem in told(drawn, secrets)}


def test_a_sound_diagram_has_no_problems() -> None:
    assert told(diagram("start say output", "start>say", "say>output")) == []


@pytest.mark.parametrize(
    ("drawn", "code", "node_id"),
    [
        (diagram("say output", "say>output"), "no_start", None),
        (diagram("start other:start", "start>other"), "two_starts", "other"),
        (diagram("start x:mystery", "start>x"), "unknown_kind", "x"),
        (diagram("start say", "start>say", "say.no>say2"), "wire_to_nowhere", "say"),
        (diagram("start say output", "start>say", "say.maybe>output"), "unknown_port", "say"),
        (diagram("start say", "start>say", "say.error>start"), "unknown_port", "say"),
        (diagram("start say", "start>say", "say>start"), "no_way_in", "say"),
        (diagram("start say", "start>say", "say>say"), "self_loop", "say"),
        (diagram("start a b", "start>a", "a>b", "b>a"), "cycle", "a"),
        (diagram("start map a(map)", "start>map", "start>a"), "wire_crosses_border", "start"),
        (diagram("start map", "start>map"), "empty_container", "map"),
        (diagram("start map n:note(map)", "start>map"), "empty_container", "map"),
        (diagram("start a(ghost)", "start>a"), "no_container", "a"),
        (diagram("start say a(say)", "start>say"), "no_container", "a"),
        (diagram("start a:map(b) b:map(a)", "start>a"), "inside_itself", "a"),
        (diagram("map start(map)"), "start_inside", "start"),
        (diagram("start lost", "start>lost2"), "unreached", "lost"),
        (diagram("start join", "start>join"), "lonely_join", "join"),
        (diagram("start test output", "start>test", "test.yes>output"), "loose_port", "test"),
        (diagram([node("start"), node("start")]), "twice", "start"),
        (diagram("start say", "start>say", "start>say"), "twice", None),
        (diagram([node("start"), node("ask", config={"roles": []})], "start>ask"), "no_roles", "ask"),
        (diagram([node("start"), node("say", config={"text": 5})], "start>say"), "setting", "say"),
        (diagram([node("start"), node("say", config={"txt": "x"})], "start>say"), "setting", "say"),
        (diagram([node("start"), node("say", kind_version=9)], "start>say"), "newer_kind", "say"),
        (diagram([node("start"), node("say", config={"text": "{{ 1 + }}"})], "start>say"), "expression", "say"),
        (diagram([node("start"), node("say", config={"text": "{{ inptu.x }}"})], "start>say"), "expression", "say"),
        (diagram([node("start"), node("say", config={"text": "{{ nodes.ghost }}"})], "start>say"), "unknown_node", "say"),
        (diagram([node("start"), node("say", config={"text": "{{ item }}"})], "start>say"), "expression", "say"),
    ],
)  # fmt: skip
def test_it_names(drawn: Diagram, code: str, node_id: str | None) -> None:
    assert (code, node_id) in {(problem.code, problem.node_id) for problem in told(drawn)}


def test_a_cycle_is_named_from_end_to_end() -> None:
    found = told(diagram("start a b c", "start>b", "a>b", "b>c", "c>a"))
    message = next(p.message for p in found if p.code == "cycle")
    assert "a → b → c → a" in message
    assert "Loop" in next(p.fix for p in found if p.code == "cycle")


def test_each_knot_is_told_once() -> None:
    drawn = diagram("start a b c d e", "start>a", "a>b", "b>a", "b>c", "c>d", "d>c", "d>e")
    assert [p.node_id for p in told(drawn) if p.code == "cycle"] == ["a", "c"]


def test_a_wrong_setting_is_found_in_its_place() -> None:
    sort = node("sort", config={"labels": [{"name": "a"}, {"name": ""}, {"examples": []}]})
    found = told(diagram([node("start"), sort], "start>sort"))
    assert {p.place for p in found if p.code == "setting"} == {
        "nodes.sort.config.labels[1].name",
        "nodes.sort.config.labels[2].name",
    }
    assert any("Labels 2" in p.message for p in found)


def test_ports_come_from_the_settings() -> None:
    sort = node("sort", config={"labels": [{"name": "billing"}]})
    good = diagram([node("start"), sort, node("a"), node("b")], "start>sort", "sort.billing>a", "sort.else>b")
    assert told(good) == []


def test_the_error_port_is_there_when_it_is_asked_for() -> None:
    say = node("say", on_error="route")
    wires = ("start>say", "say>a", "say.error>b")
    assert told(diagram([node("start"), say, node("a"), node("b")], *wires)) == []


def test_a_missing_secret_is_named_and_a_known_one_is_not() -> None:
    say = node("say", config={"secret": "crm_key"})
    drawn = diagram([node("start"), say], "start>say")
    assert codes(drawn, {"other"}) == {"missing_secret": "say"}
    assert codes(drawn, {"crm_key"}) == codes(drawn, None) == {}


def reading(node_id: str, other: str, parent: str | None = None) -> Node:
    return Node(id=node_id, kind="say", parent=parent, config={"text": f"{{{{ nodes.{other}.text }}}}"})


@pytest.mark.parametrize(
    ("nodes", "wires", "code"),
    [
        ([reading("a", "start")], ["start>a"], None),
        ([reading("a", "b"), node("b")], ["start>a", "a>b"], "not_yet_run"),
        ([reading("a", "a")], ["start>a"], "not_yet_run"),
        ([reading("a", "b"), node("b")], ["start>a", "start>b"], "may_not_have_run"),
        ([node("map"), reading("a", "start", "map")], ["start>map"], None),
        ([node("map"), node("a(map)"), reading("b", "a")], ["start>map", "map>b"], "inside_container"),
        ([node("map"), reading("a", "b", "map"), node("b")], ["start>map", "map>b"], "not_yet_run"),
        ([node("loop"), reading("a", "b", "loop"), node("b(loop)")], ["start>loop", "a>b"], None),
        ([node("map"), reading("a", "b", "map"), node("b(map)")], ["start>map", "a>b"], "not_yet_run"),
    ],
)
def test_it_knows_what_has_run_when_a_node_reads_it(
    nodes: list[Node], wires: list[str], code: str | None
) -> None:
    found = codes(diagram([node("start"), *nodes], *wires))
    assert list(found) == ([code] if code else [])


def test_errors_come_before_warnings() -> None:
    found = told(diagram("start join x:mystery", "start>join", "join>x"))
    assert [p.severity for p in found] == ["error", "warning"]
    assert [p.code for p in check.errors(found)] == ["unknown_kind"]


def test_a_diagram_that_is_too_large_is_told_at_once() -> None:
    drawn = diagram([node(f"n{number}") for number in range(11)])
    assert [p.code for p in check.problems(drawn, KINDS, max_nodes=10)] == ["too_many_nodes"]


def test_ten_times_the_nodes_are_ten_times_the_work() -> None:
    def row(length: int) -> Diagram:
        nodes = [node("start"), *(reading(f"n{i}", f"n{i - 1}" if i else "start") for i in range(length))]
        return diagram(nodes, "start>n0", *(f"n{i}>n{i + 1}" for i in range(length - 1)))

    few, many = row(300), row(3_000)
    assert told(few) == told(many) == []
    assert calls(lambda: told(many)) < 11 * calls(lambda: told(few))


names = st.sampled_from(["start", "a", "b", "c", "d", "m", "ghost"])
# Drawn from a list: to make up values and words anew took ten times as long as to check them.
ODD = [
    None,
    0,
    -1,
    2**70,
    0.5,
    "",
    "x",
    "{{ nodes.a.b }}",
    "{{ nodes.",
    "}}",
    "\x00",
    "\ud800",
    "Ждана ☃",
    "a" * 500,
    True,
]
odd = st.sampled_from([
    *ODD, [], {}, [[]], *([one] for one in ODD), [ODD[:4]],
    *({"name": one} for one in ODD), *([{"name": one, "examples": [one, "x"]}] for one in ODD),
    {"examples": {"name": []}}, [{"name": "x"}, {"name": "x"}, {}], [{"name": {"examples": None}}], [{"examples": [[{}]]}],
])  # fmt: skip
any_node = st.builds(
    Node,
    id=names,
    kind=st.sampled_from([*KINDS, "mystery"]),
    parent=st.none() | names,
    config=st.dictionaries(st.sampled_from(["text", "labels", "when", "roles", "x"]), odd, max_size=4),
)
any_wire = st.builds(
    Wire, source=names, target=names, source_port=st.sampled_from(["out", "yes", "error", ""])
)


@settings(max_examples=1_000, deadline=None)
@given(st.lists(any_node, max_size=8), st.lists(any_wire, max_size=10))
def test_no_drawing_is_too_odd(nodes: list[Node], wires: list[Wire]) -> None:
    told(Diagram(nodes=tuple(nodes), wires=tuple(wires)))


def test_only_a_node_that_need_not_be_played_each_time_may_keep_its_result() -> None:
    fields = {"config": {"event": "paid"}, "cache_seconds": 60}
    drawn = Diagram(nodes=(Node(id="start", kind="start"), Node(id="w", kind="wait_for_event", **fields)))
    found = check.problems(drawn, all_kinds())
    assert [(p.node_id, p.place) for p in found if p.code == "cannot_cache"] == [
        ("w", "nodes.w.cache_seconds")
    ]


def test_a_group_that_is_not_there_is_told_and_one_that_is_there_is_no_step() -> None:
    grouped = [node("start"), node("a", group="g"), node("g:group")]
    assert told(diagram(grouped, "start>a")) == []
    away = [node("start"), node("a", group="h"), node("box:map"), node("b(box)", group="g"), node("g:group")]
    codes = [(one.code, one.node_id, one.severity) for one in told(diagram(away, "start>a", "a>box"))]
    assert codes == [("no_group", "a", "warning"), ("no_group", "b", "warning")]
