"""A run's models are heard while they answer: told to watchers with the attempt, never stored, replaced by the output."""

from typing import Any

import pytest

from backend.core import db
from backend.core.settings import settings
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
