"""C-29: faults of model providers inside runs: fallbacks, the wait that a provider asks for, and what is recorded."""

import random
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest

from backend.core import db
from backend.core.settings import settings
from backend.engine.engine import Patience
from backend.runs import asked
from backend.runs.models import Run
from backend.workflows.diagram import Node, Retry
from tests.backend.runs.stage import Stage, drawn, events, outputs, staged
from tests.http_server import Answer, Asked, Server, json_answer, openai_stream, serving
from tests.model_wire import openai_calls, openai_part

pytestmark = pytest.mark.db


class Provider:
    """Answers as the test says, the last answer again and again."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.server = Server(lambda asked: Answer())

    def answer(self, asked: Asked) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def models(self) -> list[str]:
        return [asked.json()["model"] for asked in self.server.asked]


@pytest.fixture
async def provider(database: db.Database, environment: pytest.MonkeyPatch) -> AsyncIterator[Provider]:
    found = Provider()
    async with serving(found.answer) as found.server:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{found.server.url}/v1")
        settings.cache_clear()
        yield found


@pytest.fixture
async def stage(provider: Provider) -> AsyncIterator[Stage]:
    async with staged(Patience(idle_person=0.02, idle_time=60, cancel_grace=0.2)) as found:
        yield found


def asking(retry: Retry | None = None, **config: Any) -> Any:
    wanted = {"model": "compatible:big", "prompt": "Well?"} | config
    ask = Node(id="ask", kind="chat_model", config=wanted, retry=retry or Retry())
    return drawn([ask], "start>ask", "ask>output")


def failing(status: int, **headers: str) -> Answer:
    found = json_answer({"error": {"message": "because"}}, status)
    found.headers |= {name.replace("_", "-"): value for name, value in headers.items()}
    return found


async def test_C29_a_step_says_which_models_were_tried_and_a_replay_asks_none(
    provider: Provider, stage: Stage
) -> None:
    provider.answers = [failing(503), openai_stream("Well.")]
    run = await stage.start(asking(fallbacks=["compatible:small"]), {})
    assert run.status == "succeeded", run.error
    said = (await outputs(run))["ask"]
    assert (said["text"], said["model"]) == ("Well.", "compatible:small")
    assert [(one["model"], one["code"]) for one in said["tried"]] == [("compatible:big", "model_failed")]
    assert provider.models() == ["big", "small"]
    again = await stage.replay(run)
    assert (again.status, again.diverged) == ("succeeded", None)
    assert (await outputs(again))["ask"] == said
    assert provider.models() == ["big", "small"]


async def test_C29_the_next_attempt_waits_for_as_long_as_the_provider_asked(
    provider: Provider, stage: Stage
) -> None:
    provider.answers = [failing(429, retry_after_ms="300"), openai_stream("Well.")]
    run = await stage.start(asking(Retry(max_attempts=2, backoff_seconds=0)), {})
    assert run.status == "succeeded", "asked sooner, the second attempt would have been refused"
    retrying = next(event for event in await events(run) if event.kind == "step.retrying")
    assert retrying.data["error"]["code"] == "model_busy"
    assert retrying.data["error"]["details"] == {"retry_after": 0.3}


async def test_C29_a_run_that_no_model_answered_can_be_retried_later(
    provider: Provider, stage: Stage
) -> None:
    provider.answers = [failing(500)]
    run = await stage.start(asking(fallbacks=["compatible:small"]), {})
    assert run.status == "failed"
    assert run.error
    assert run.error["code"] == "model_failed"
    assert [one["model"] for one in run.error["details"]["tried"]] == ["compatible:big", "compatible:small"]
    provider.answers = [openai_stream("Well.")]
    again = await stage.retry(run)
    assert (again.status, (await outputs(again))["ask"]["text"]) == ("succeeded", "Well.")


def _faults() -> list[Answer]:
    cut = openai_stream("It went ", ended=False)
    cut.cut = True
    spoiled = openai_stream("It ", "went.")
    assert spoiled.pieces is not None
    spoiled.pieces.insert(1, b'data: {"id": "c1", "choi\n\n')
    return [
        failing(429, retry_after_ms="1"),
        failing(500),
        failing(529),
        cut,
        openai_stream("It went ", ended=False),
        spoiled,
        openai_calls(openai_part(0, '{"city": "Gr', "weather", "a")),
        json_answer({"choices": []}),
    ]


async def test_C29_forty_faults_in_a_row_of_chance_are_each_recorded_and_the_run_goes_on(
    provider: Provider, stage: Stage, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_BREAKER_FAILURES", "1000")
    settings.cache_clear()
    chance = random.Random(29)
    faults = [chance.choice(_faults()) for _ in range(40)]
    asks = [f"ask_{n}" for n in range(4)]
    for n in range(3, -1, -1):
        faults.insert((n + 1) * 10, openai_stream("Well."))
    provider.answers = faults
    wanted = {"model": "compatible:big", "prompt": "Well?"}
    retry = Retry(max_attempts=20, backoff_seconds=0)
    nodes = [Node(id=ask, kind="chat_model", config=wanted, retry=retry) for ask in asks]
    wires = [f"{a}>{b}" for a, b in pairwise(["start", *asks, "output"])]
    run = await stage.start(drawn(nodes, *wires), {})
    assert run.status == "succeeded", run.error
    retried = [event.data["error"]["code"] for event in await events(run) if event.kind == "step.retrying"]
    assert len(retried) == 40
    assert set(retried) == {"model_busy", "model_failed", "model_call_malformed"}
    assert len(provider.server.asked) == 44, "no fault was asked about twice"
    said = await outputs(run)
    assert {said[ask]["text"] for ask in asks} == {"Well."}


async def test_a_cost_that_nobody_knows_is_not_called_free(
    provider: Provider, stage: Stage, environment: pytest.MonkeyPatch
) -> None:
    provider.answers = [openai_stream("Well.")]

    async def words(run: Run) -> str:
        async with db.database().reading() as session:
            return (await asked.spent(session, [run.id]))[run.id].words()

    run = await stage.start(asking(), {})
    assert await words(run) == "unknown"
    environment.setenv("QUADRILLE_MODEL_PRICES", "compatible:big=1000/2000")
    settings.cache_clear()
    assert await words(run) == "$0.0170", "a price that came later holds for what had none"
    later = await stage.start(asking(), {})
    environment.setenv("QUADRILLE_MODEL_PRICES", "compatible:big=9000/9000")
    settings.cache_clear()
    assert await words(later) == "$0.0170", "what was paid stays"
    script = "turns: [{say: Hello}]"
    free = await stage.start(asking(model="scripted/script", script=script), {})
    assert await words(free) == "free"
