"""Files of other tools: what is carried over, what is said about the rest, and that nothing hostile breaks a reader."""

import contextlib
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core import source_yaml
from backend.core.errors import QuadrilleError
from backend.nodes.registry import all_kinds
from backend.workflows import check
from backend.workflows.chart import Chart
from backend.workflows.diagram import Diagram
from backend.workflows.foreign import reading, spacing
from backend.workflows.foreign.sketch import Imported

HERE = Path(__file__).parent


def of(name: str) -> Imported:
    text = (HERE / name).read_text()
    found = (
        reading.of_code(text)
        if name.endswith(".txt")
        else reading.of_data(source_yaml.parse(text).data if name.endswith(".yaml") else orjson.loads(text))
    )
    assert found is not None
    assert Diagram.model_validate(found.diagram.model_dump(mode="json")) == found.diagram
    return found


def wires(found: Imported) -> set[str]:
    return {f"{w.source}.{w.source_port}>{w.target}" for w in found.diagram.wires}


def config(found: Imported, node_id: str) -> dict[str, Any]:
    return found.diagram.node(node_id).config


def remarks(found: Imported) -> dict[str, str]:
    return {r.name: f"{r.severity}: {r.message}" for r in found.report.remarks}


def test_n8n() -> None:
    found = of("n8n.json")
    assert wires(found) == {
        "webhook.out>get_order", "get_order.out>large", "large.yes>tell_slack", "large.no>summarise",
        "tell_slack.out>output", "summarise.out>output",
    }  # fmt: skip
    asked = config(found, "get_order")
    assert asked["url"] == "https://shop.example/orders/{{ input.order_id }}"
    assert asked["headers"] == [{"name": "X-Trace", "value": "{{ input.trace }}"}]
    assert found.diagram.node("get_order").retry.max_attempts == 4
    large = config(found, "large")["expression"]
    assert large == "nodes.get_order.body.total > 100 and nodes.get_order.body.status == 'paid'"
    told = config(found, "summarise")
    assert told["model"] == "openai:gpt-4.1-mini"
    assert (told["prompt"], told["system"]) == ("Summarise {{ nodes.get_order.body.note }}", "Be brief.")
    assert config(found, "tell_slack") == {"channel": "#refunds", "text": "hello"}
    assert found.diagram.samples == {"pinned": {"order_id": 7}}
    said = remarks(found)
    assert said["Tell Slack"].startswith("missing")
    assert said["Every day"].startswith("missing")
    assert "JavaScript" in " ".join(r.message for r in found.report.remarks)
    assert (found.report.carried, found.report.nodes) == (4, 6)


def test_dify() -> None:
    found = of("dify.yaml")
    assert {
        "start.out>topic",
        "topic.Billing>answer",
        "topic.Other>long",
        "long.if>search",
        "long.else>count",
    } <= wires(found)
    assert config(found, "answer") == {
        "model": "openai:gpt-4o", "system": "Be kind", "prompt": "Answer {{ input.text }}"
    }  # fmt: skip
    assert config(found, "long")["cases"] == [{"name": "if", "expression": "'refund' in input.text"}]
    assert config(found, "end")["fields"] == [{"name": "answer", "value": "{{ nodes.answer.text }}"}]
    assert config(found, "count")["source"].endswith("main(text=text)")
    assert remarks(found)["Search"].startswith("missing")


def test_langflow() -> None:
    found = of("langflow.json")
    assert wires(found) == {"chat_input.out>openai", "openai.out>send_mail", "send_mail.out>chat_output"}
    assert config(found, "openai") == {
        "model": "openai:gpt-4o-mini", "system": "Be brief", "prompt": "Answer as a pirate: {{ input.message }}"
    }  # fmt: skip
    assert "code" in config(found, "send_mail")
    assert remarks(found)["Send mail"].startswith("missing")


def test_flowise() -> None:
    found = of("flowise.json")
    assert wires(found) == {"start.out>conversation_chain", "conversation_chain.out>output"}
    assert config(found, "conversation_chain")["model"] == "openai:gpt-4o"
    assert config(found, "conversation_chain")["system"] == "You are kind."
    assert "Buffer Memory" in remarks(found)


def test_agents_sdk_in_python() -> None:
    found = of("agents.txt")
    assert {
        "start.out>classify",
        "classify.out>condition_1",
        "condition_1.yes>refund_desk",
        "condition_1.no>general",
    } <= wires(found)
    assert config(found, "condition_1")["expression"] == "nodes.classify.text == 'refund'"
    assert config(found, "refund_desk")["prompt"] == "{{ input.input_as_text }}"
    said = remarks(found)
    assert "lookup_order" in " ".join(r.message for r in found.report.remarks)
    assert "unused" in said


def test_agents_sdk_in_typescript() -> None:
    found = of("agents_ts.txt")
    assert {"start.out>writer", "writer.out>critic"} <= wires(found)
    assert config(found, "writer")["system"] == "Write a text."
    assert "if (…)" in remarks(found)


@pytest.mark.parametrize(
    ("kind", "parameters", "zone", "lines"),
    [
        ("scheduleTrigger", {"rule": {"interval": [{}]}}, "DEFAULT", ["0 0 * * *"]),
        ("scheduleTrigger", {"rule": {"interval": [
            {"field": "cronExpression", "expression": "0 30 8 * * MON-FRI"},
            {"field": "weeks", "triggerAtDay": [1, 3], "triggerAtHour": 9, "triggerAtMinute": 15},
            {"field": "hours", "hoursInterval": 2, "triggerAtMinute": 5},
            {"field": "minutes", "minutesInterval": 10}]}}, "Europe/Berlin",
         ["30 8 * * 1-5", "15 9 * * 1,3", "5 */2 * * *", "*/10 * * * *"]),
        ("cron", {"triggerTimes": {"item": [{"mode": "everyMonth", "dayOfMonth": 3, "hour": 7}]}}, None, ["0 7 3 * *"]),
    ],
)  # fmt: skip
def test_schedules_of_n8n_begin_by_the_clock(
    kind: str, parameters: dict[str, Any], zone: str | None, lines: list[str]
) -> None:
    found = reading.of_data(n8n_of(kind, parameters, zone))
    assert found
    told = "UTC" if zone in (None, "DEFAULT") else zone
    assert config(found, "each_day")["schedules"] == [{"cron": line, "zone": told} for line in lines]
    assert remarks(found)["Each day"] == "changed: It begins by the clock once it is published."


def test_times_of_n8n_that_no_line_of_cron_says_are_told() -> None:
    rules = [{"field": "days", "daysInterval": 3}, {"field": "days", "triggerAtHour": 6}]
    found = reading.of_data(n8n_of("scheduleTrigger", {"rule": {"interval": rules}}, None))
    assert found
    assert config(found, "each_day")["schedules"] == [{"cron": "0 6 * * *", "zone": "UTC"}]
    assert remarks(found)["Each day"] == "changed: Some of its times were left out."
    none = reading.of_data(n8n_of("scheduleTrigger", {"rule": {"interval": rules[:1]}}, None))
    assert none
    assert config(none, "each_day") == {}
    assert "started by hand or over the API" in remarks(none)["Each day"]


def n8n_of(kind: str, parameters: dict[str, Any], zone: str | None) -> dict[str, Any]:
    node = {"name": "Each day", "type": f"n8n-nodes-base.{kind}", "parameters": parameters}
    return {"name": "Timed", "nodes": [node], "connections": {}, "settings": {"timezone": zone}}


@pytest.mark.parametrize("name", ["n8n.json", "dify.yaml", "langflow.json", "flowise.json", "agents.txt"])
def test_the_report_stands_on_the_canvas_and_the_check_names_the_placeholders(name: str) -> None:
    found = of(name)
    note = next(node for node in found.diagram.nodes if node.kind == "note" and node.name == "Import report")
    assert f"{found.report.carried} of {found.report.nodes}" in note.config["text"]
    unknown = {p.node_id for p in check.problems(found.diagram, all_kinds()) if p.code == "unknown_kind"}
    missing = {
        r.node_id for r in found.report.remarks if r.severity == "missing" and "placeholder" in r.message
    }
    assert unknown == missing


FILES = ["n8n.json", "dify.yaml", "langflow.json", "flowise.json", "agents.txt", "agents_ts.txt"]


@pytest.mark.parametrize("name", FILES)
def test_no_card_lies_on_another(name: str) -> None:
    """Other tools draw smaller cards closer together: n8n's steps are 220 pixels, our cards are 232 wide."""
    diagram = of(name).diagram
    chart = Chart(diagram, all_kinds())
    cards = [node for node in diagram.nodes if node.kind != "note"]
    boxes = [(n.position.x, n.position.y, *spacing.extent(chart, n)) for n in cards]
    for number, (x, y, width, height) in enumerate(boxes):
        for left, top, wide, high in boxes[:number]:
            assert x >= left + wide or left >= x + width or y >= top + high or top >= y + height, name
    note = diagram.node("import_report")
    assert note.size is not None
    assert note.position.y + note.size[1] < min(y for _, y, *_ in boxes)


def test_cards_that_no_stretching_parts_are_moved_down() -> None:
    there = [{"name": f"n{n}", "type": "x.set", "position": [n % 3, 0]} for n in range(40)]
    diagram = _found({"nodes": there, "connections": {}}).diagram
    chart = Chart(diagram, all_kinds())
    cards = [node for node in diagram.nodes if node.kind != "note"]
    boxes = [(n.position.x, n.position.y, *spacing.extent(chart, n)) for n in cards]
    assert not spacing.overlaps([(x, y, x + w, y + h) for x, y, w, h in boxes])
    assert spacing.overlaps([(0, 0, 10, 10), (9, 9, 20, 20)])


def _found(data: dict[str, Any]) -> Imported:
    found = reading.of_data(data)
    assert found is not None
    return found


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["nodes", "connections", "name", "type", "parameters", "data", "edges", "inputs", "position", "id"]),
        inner, max_size=5), max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(_ANY, st.sampled_from(["n8n", "flowise", "dify", "langflow"]))
def test_damaged_files_end_in_a_sentence(inner: Any, tool: str) -> None:
    wrapped = {
        "n8n": {
            "nodes": [inner, {"name": "a", "type": "x.set", "parameters": inner}],
            "connections": {"a": inner},
        },
        "flowise": {"nodes": [{"id": "a", "data": {"inputs": inner}}, inner], "edges": [inner]},
        "dify": {
            "app": inner,
            "workflow": {"graph": {"nodes": [{"id": "1", "data": inner}], "edges": [inner]}},
        },
        "langflow": {
            "data": {"nodes": [{"id": "a", "data": {"node": {"template": inner}}}], "edges": [inner]}
        },
    }[tool]
    with contextlib.suppress(QuadrilleError):  # a sentence; anything else that is raised fails the test
        found = reading.of_data(wrapped)
        assert found is None or found.diagram.nodes


@pytest.mark.db
async def test_it_is_imported_over_http(client: httpx2.AsyncClient) -> None:
    as_yaml = {"content-type": "application/yaml"}
    for name in ("n8n.json", "dify.yaml", "langflow.json", "flowise.json", "agents.txt"):
        content = (HERE / name).read_bytes()
        answer = await client.post("/api/v1/workflows/import", content=content, headers=as_yaml)
        assert answer.status_code == 201, answer.text
        body = answer.json()
        assert body["report"]["nodes"] >= body["report"]["carried"] > 0
        plain = await client.post("/api/v1/workflows", content=content, headers=as_yaml)
        assert plain.json()["name"] == body["workflow"]["name"]
    broken = await client.post(
        "/api/v1/workflows/import", content=b'{"nodes": 7, "connections": {}}', headers=as_yaml
    )
    assert broken.status_code == 422
    assert broken.json()["detail"]
