"""Random diagrams for tests, as odd as people and programs make them."""

from typing import Any

from hypothesis import strategies as st

from backend.workflows.diagram import Comment, Diagram, Node, Position, Retry, Wire

text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
lines = st.lists(
    text | st.sampled_from(["", " indented", "trailing ", "# no comment", "- no list", "a: b"]), max_size=4
)
odd_text = text | lines.map("\n".join) | st.sampled_from(
    ["yes", "no", "on", "null", "~", "1", "1.0", "0x1f", "1e3", ".inf", "2024-01-01", "true", "{{ input.x }}", "&a", "*a",
     "!tag", "'", '"', "\\", "\t", "a\r\nb", "\u2028", "\x85", "\ufeff", "👩‍👩‍👧", "مرحبا", "e\u0301", " ", "", "=", "<<", "---", "..."]
)  # fmt: skip
number = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
value: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | number | odd_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd_text, inner, max_size=3),
    max_leaves=6,
)
node_id = st.from_regex(r"\A[a-z][a-z0-9_]{0,8}\Z")
position = st.builds(Position, x=st.floats(-1e6, 1e6), y=st.floats(-1e6, 1e6))
settings = st.dictionaries(odd_text, value, max_size=4)
node = st.builds(
    Node,
    id=node_id,
    kind=odd_text,
    kind_version=st.integers(1, 5),
    name=odd_text.map(lambda name: name[:200]),
    config=settings,
    parent=st.none() | node_id,
    position=position,
    size=st.none() | st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)),
    disabled=st.booleans(),
    note=odd_text,
    retry=st.builds(Retry, max_attempts=st.integers(1, 20), backoff_seconds=st.floats(0, 60)),
    timeout_seconds=st.none() | st.floats(0.1, 1000),
    on_error=st.sampled_from(["fail", "route", "default"]),
    default_output=value,
    pinned=value,
)
wire = st.builds(
    Wire, source=node_id, source_port=odd_text, target=node_id, target_port=odd_text, label=odd_text
)
comment = st.builds(
    Comment, id=node_id, text=odd_text, author=odd_text, node=st.none() | node_id, position=position,
    resolved=st.booleans(),
)  # fmt: skip
diagram = st.builds(
    Diagram,
    name=odd_text.filter(bool),
    description=odd_text,
    nodes=st.lists(node, max_size=4, unique_by=lambda n: n.id).map(tuple),
    wires=st.lists(wire, max_size=4, unique_by=lambda w: w.key).map(tuple),
    comments=st.lists(comment, max_size=2, unique_by=lambda c: c.id).map(tuple),
    samples=st.dictionaries(odd_text, value, max_size=3),
)
