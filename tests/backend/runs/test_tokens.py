"""A run's models are heard while they answer: told to watchers with the attempt, never stored, replaced by the output."""

from typing import Any

import pytest
from sqlmodel import col, select

from backend.core import db
from backend.core.settings import settings
from backend.runs.models import EffectRecord
from backend.workflows.diagram import Node, Retry
from tests.backend.runs.stage import drawn, events, outputs, staged
from tests.http_server import Answer, Asked, openai_stream, serving

pytestmark = pytest.mark.db


class Watching:
    """Keeps everything in the order in which it is told."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def committed(self, run_id: str, events: list[dict[str, Any]]) -> None:
        self.told += events

    def volatile(self, run_id: str, event: dict[str, Any]) -> None:
        self.told.append(event)


async def test_an_answer_that_breaks_off_is_asked_for_again_and_heard_anew(
    database: db.Database, environment: pytest.MonkeyPatch
) -> None:
    asked_before: list[Asked] = []

    def answer(asked: Asked) -> Answer:
        asked_before.append(asked)
        first = len(asked_before) == 1
        found = openai_stream("Lost. ", "Never to ") if first else openai_stream("It ", "went ", "well.")
        found.pause, found.cut = 0.1, first
        if first and found.pieces:
            del found.pieces[2:]
        return found

    watching = Watching()
    async with serving(answer) as server:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{server.url}/v1")
        settings.cache_clear()
        ask = Node(
            id="ask",
            kind="chat_model",
            config={"model": "compatible:tiny", "prompt": "Well?"},
            retry=Retry(max_attempts=2, backoff_seconds=0),
        )
        async with staged(listener=watching) as stage:
            run = await stage.start(drawn([ask], "start>ask", "ask>output"))
    assert run.status == "succeeded", run.error
    assert (await outputs(run))["ask"] == {
        "text": "It went well.",
        "model": "compatible:tiny",
        "input_tokens": 11,
        "output_tokens": 3,
    }
    said = [event for event in watching.told if event["kind"] == "step.token"]
    assert {(event["seq"], event["node_id"], event["visit"]) for event in said} == {(None, "ask", 1)}
    texts = {1: "", 2: ""}
    for event in said:
        data = event["data"]
        texts[event["attempt"]] = texts[event["attempt"]][: data["from"]] + data["text"]
    assert texts[1] in ("Lost. ", "Lost. Never to ")
    assert texts[2] in ("It went ", "It went well.")
    kinds = [event["kind"] for event in watching.told]
    assert kinds.index("step.retrying") > kinds.index("step.token")
    ends = [
        n
        for n, event in enumerate(watching.told)
        if event["kind"] == "step.succeeded" and event["node_id"] == "ask"
    ]
    assert ends[0] > max(n for n, kind in enumerate(kinds) if kind == "step.token"), "the output comes last"
    assert not [event for event in await events(run) if event.kind == "step.token"]


SAID = ("Ask ada@example.org", " about Falcon.")


@pytest.mark.parametrize(
    ("guardrails", "left"),
    [({"mask": ["email"]}, "Ask [email] about Falcon."), ({"never_say": ["falcon"]}, "")],
    ids=["mask", "never_say"],
)
async def test_what_guardrails_stop_is_neither_streamed_nor_told_nor_stored(
    database: db.Database, environment: pytest.MonkeyPatch, guardrails: dict[str, Any], left: str
) -> None:
    watching = Watching()

    def answer(_: Asked) -> Answer:
        found = openai_stream(*SAID)
        found.pause = 0.1
        return found

    async with serving(answer) as server:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{server.url}/v1")
        settings.cache_clear()
        ask = Node(id="ask", kind="agent", config={"task": "Well?", "model": "compatible:tiny", **guardrails})
        async with staged(listener=watching) as stage:
            run = await stage.start(drawn([ask], "start>ask", "ask>output", "ask.limit>output"))
            replay = await stage.replay(run)
        assert len(server.asked) == 1
    assert run.status == replay.status == "succeeded", run.error
    found = (await outputs(run))["ask"]
    assert (found["text"], found["limit"]) == (left, "" if left else "guardrail")
    assert (await outputs(replay))["ask"] == found
    assert not [event for event in watching.told if event["kind"] == "step.token"]
    (told,) = {event["data"]["text"] for event in watching.told if event["kind"] == "agent.said"}
    async with db.database().reading() as session:
        rows = (await session.exec(select(EffectRecord).where(col(EffectRecord.kind) == "chat"))).all()
    kept = [row.result for row in rows]
    assert told == kept[0]["text"] == left
    assert not [
        words
        for words in ("Falcon", "ada@example.org")
        if words not in left and words in str([watching.told, kept])
    ]
