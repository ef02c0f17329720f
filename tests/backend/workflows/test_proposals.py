"""Proposals: from a sentence or a failure to a diagram that is shown and never applied by itself."""

from typing import Any

import httpx2
import pytest

from backend.core import db
from backend.core.settings import settings
from backend.inference import client as inference
from backend.workflows import file, templates
from backend.workflows.diagram import Diagram
from backend.workflows.proposals import matching
from tests.backend.identity import people
from tests.backend.workflows.conftest import Cast
from tests.backend.workflows.web import api
from tests.http_server import Asked, openai_stream, serving

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("shipped_kinds")]
WORKFLOWS = "/api/v1/workflows"
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GOOD = """I put an approval before the answer leaves.

```yaml
quadrille: 1
name: Answer
nodes:
  - {id: start, kind: start}
  - {id: ask, kind: human_approval, name: May it leave?, config: {title: "Send {{ input.text }}?"}, pinned: {x: 1}}
  - {id: send, kind: emit_event, config: {topic: mail.sent}}
  - {id: output, kind: output}
wires:
  - {from: start, to: ask}
  - {from: ask.approved, to: send}
  - {from: send, to: output}
```
"""
BAD = GOOD.replace("ask.approved", "ask.granted")
DRAWN = file.read(
    """
quadrille: 1
name: Answers
nodes:
  - {id: start, kind: start}
  - {id: send, kind: emit_event, config: {topic: mail.sent}, pinned: {customer: Ada Secretive}, at: [300, 40]}
  - {id: output, kind: output, at: [600, 0]}
wires:
  - {from: start, to: send}
  - {from: send, to: output}
samples: {good: {text: private words}}
"""
)


@pytest.fixture
def nobody_embeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an inference worker the words decide; nobody waits for one."""
    monkeypatch.setattr(matching, "_SECONDS", 0.01)
    monkeypatch.setattr(inference, "PATIENCE_SECONDS", 0.01)


async def made(client: httpx2.AsyncClient, drawn: Diagram | None = None) -> str:
    answer = await client.post(WORKFLOWS, json=drawn.model_dump(mode="json") if drawn else None)
    return answer.json()["id"]


async def proposed(client: httpx2.AsyncClient, workflow: str, status: int = 200, **wanted: Any) -> Any:
    answer = await client.post(f"{WORKFLOWS}/{workflow}/proposals", json=wanted)
    assert answer.status_code == status, answer.text
    return answer.json()


def how(found: Any) -> dict[str, str]:
    return {f"{c['what']} {c['id']}": c["how"] for c in found["comparison"]["changes"]}


async def test_a_sentence_finds_its_template_and_changes_nothing(
    client: httpx2.AsyncClient, cast: Cast, nobody_embeds: None
) -> None:
    workflow = await made(client)
    before = (await client.get(f"{WORKFLOWS}/{workflow}/draft.json")).json()
    found = await proposed(
        client, workflow, sentence="Make me a workflow that answers support tickets of customers"
    )
    assert (found["source"], found["choices"][0]["name"]) == ("templates", "support-triage")
    assert "No model was asked" in found["told"]
    assert how(found)["node classify"] == "added"
    assert (await client.get(f"{WORKFLOWS}/{workflow}/draft.json")).json() == before
    other = await proposed(client, workflow, sentence="tickets", template="try-until-good")
    assert how(other)["node improve"] == "added"
    nothing = await proposed(client, workflow, sentence="zebra quantum bananas")
    assert "No template is near enough" in nothing["told"]
    assert nothing["comparison"]["changes"] == []
    async with people.browser(api(), await people.session_token(cast.viewer)) as viewer:
        await proposed(viewer, workflow, 403, sentence="anything")
    async with people.browser(api(), await people.session_token(cast.stranger)) as stranger:
        await proposed(stranger, workflow, 404, sentence="anything")
    assert (await proposed(client, workflow, 422))["fix"]


@ONE_DATABASE
async def test_offline_a_drawn_diagram_is_left_alone_and_that_is_said(
    client: httpx2.AsyncClient, nobody_embeds: None
) -> None:
    found = await proposed(client, await made(client, DRAWN), sentence="add an approval before sending")
    assert found["comparison"]["changes"] == []
    assert "takes a model" in found["told"]


async def test_templates_are_compared_by_meaning_where_a_worker_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def embed(texts: list[str], **more: Any) -> list[list[float]]:
        return [[1.0, 0.0] if "saga" in text or "kangaroo" in text else [0.0, 1.0] for text in texts]

    monkeypatch.setattr(matching, "_vectors", {})
    monkeypatch.setattr(inference, "embed", embed)
    found, by_meaning = await matching.matches("kangaroo")
    assert by_meaning
    assert found[0].template.name == "invoice-approval"
    assert found[0].score >= matching.ENOUGH > found[-1].score
    assert len(found) == len(templates.all_())


async def test_a_model_changes_what_is_there_after_one_repair(
    client: httpx2.AsyncClient, cast: Cast, environment: pytest.MonkeyPatch
) -> None:
    workflow = await made(client, DRAWN)
    replies = [BAD, GOOD]
    async with serving(lambda asked: openai_stream(replies.pop(0))) as server:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{server.url}/v1")
        settings.cache_clear()
        found = await proposed(
            client, workflow, sentence="add an approval before sending", model="compatible:tiny"
        )
    assert len(server.asked) == 2, "one repair"
    first, second = (asked.json()["messages"] for asked in server.asked)
    assert "add an approval before sending" in first[-1]["content"]
    assert "granted" in second[-1]["content"], "it is told what was wrong"
    for sent in (asked.body.decode() for asked in server.asked):
        assert "Secretive" not in sent
        assert "private words" not in sent, "what people pinned and sampled stays here"
    assert found["told"] == "I put an approval before the answer leaves."
    assert {problem["severity"] for problem in found["problems"]} <= {"warning"}
    assert how(found) == {
        "node ask": "added", "wire start.out>send.in": "removed",
        "wire start.out>ask.in": "added", "wire ask.approved>send.in": "added",
    }  # fmt: skip
    after = {node["id"]: node for node in found["comparison"]["after"]["nodes"]}
    assert after["send"]["pinned"] == {"customer": "Ada Secretive"}
    assert (after["send"]["position"], after["ask"]["pinned"]) == ({"x": 300, "y": 40}, None)
    assert found["comparison"]["after"]["samples"] == {"good": {"text": "private words"}}
    boxes = [(n["position"]["x"], n["position"]["y"]) for n in after.values()]
    assert all(abs(a[0] - b[0]) >= 232 or abs(a[1] - b[1]) >= 76 for a in boxes for b in boxes if a is not b)


@ONE_DATABASE
async def test_an_answer_that_stays_wrong_is_told_and_never_trusted(
    client: httpx2.AsyncClient, database: db.Database
) -> None:
    workflow = await made(client)

    def script(say: str) -> dict[str, Any]:
        return {"model": "scripted/script", "script": f"turns:\n  - say: {say!r}\n"}

    refused = await proposed(client, workflow, 422, sentence="x", **script("I cannot do that."))
    assert refused["code"] == "no_diagram"
    found = await proposed(
        client, workflow, sentence="x", model="scripted/script",
        script="turns:\n  - say: |\n" + "\n".join(f"      {line}" for line in BAD.splitlines()),
    )  # fmt: skip
    assert "ask" in " ".join(problem["place"] for problem in found["problems"])
    unknown = await proposed(client, workflow, 422, sentence="x", model="nobody:x")
    assert unknown["code"] == "model_unknown"
    missing = await proposed(client, workflow, 422, sentence="x", model="openai:gpt")
    assert missing["code"] == "model_key_missing"


@ONE_DATABASE
async def test_a_failure_is_explained_by_rules_and_by_models(
    client: httpx2.AsyncClient, environment: pytest.MonkeyPatch
) -> None:
    workflow = await made(client, DRAWN)

    async def helped(code: str, message: str = "") -> Any:
        return await proposed(client, workflow, failure={"node_id": "send", "code": code, "message": message})

    slow = await helped("timeout")
    assert slow["source"] == "rules"
    (change,) = slow["comparison"]["changes"]
    assert change["fields"] == [{"path": "timeout_seconds", "before": None, "after": 120.0}]
    again = await helped("http_status", "The server answered 503: busy")
    assert again["comparison"]["changes"][0]["fields"][0]["path"] == "retry"
    refused = await helped("http_status", "The server answered 404: none")
    assert refused["comparison"]["changes"][0]["fields"][0]["after"] == "route"
    assert (await helped("model_key_missing"))["comparison"]["changes"] == []
    assert "takes a model" in (await helped("odd"))["told"]

    def answer(asked: Asked) -> Any:
        assert "answered 503" in asked.json()["messages"][-1]["content"]
        return openai_stream(GOOD)

    async with serving(answer) as server:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{server.url}/v1")
        settings.cache_clear()
        failure = {"node_id": "send", "code": "http_status", "message": "The server answered 503: busy"}
        found = await proposed(client, workflow, failure=failure, model="compatible:tiny")
    assert found["source"] == "model"
    assert how(found)["node ask"] == "added"
