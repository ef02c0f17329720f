"""Fallbacks and circuit breakers: what is asked after a fault, what is left alone, and who knows of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime

import pytest
from pydantic import JsonValue

from backend.core import clock, redis
from backend.core.errors import NotFound
from backend.inference import breakers, chat, chat_errors, chat_fallbacks, retry_after
from backend.inference.breaker_store import Either
from backend.inference.chat_types import ChatMessage, ChatReply
from tests.conftest import forget_settings
from tests.http_server import Answer, Asked, Server, json_answer, openai_stream, serving

HELLO = [ChatMessage(role="user", content="Where is my refund?")]


class Models:
    """A provider whose models behave as the test says; it counts how often each was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.server = Server(lambda asked: Answer())

    def answer(self, asked: Asked) -> Answer:
        return self.answers.get(asked.json()["model"], openai_stream("Fine."))

    def asked(self, model: str) -> int:
        return [one.json()["model"] for one in self.server.asked].count(model)


@pytest.fixture
async def models(environment: pytest.MonkeyPatch) -> AsyncIterator[Models]:
    found = Models()
    async with serving(found.answer) as found.server:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{found.server.url}/v1")
        environment.setenv("QUADRILLE_REDIS_URL", "redis://127.0.0.1:1/0")
        environment.setenv("QUADRILLE_BREAKER_FAILURES", "3")
        forget_settings()
        yield found


@pytest.fixture
async def shared(models: Models, environment: pytest.MonkeyPatch, redis_url: str) -> AsyncIterator[Models]:
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)
    forget_settings()
    yield models
    await redis.client().aclose()


async def no_secret(name: str) -> str:
    raise NotFound(f"There is no secret called {name}.")


async def ask(*chain: str, team: str = "ours", hasty: str = "") -> ChatReply:
    """All may take their time but one, where there is a hasty one."""

    async def once(name: str) -> ChatReply:
        seconds = 0.2 if hasty and name == f"compatible:{hasty}" else 60
        return await chat.ask(name, HELLO, {"timeout_seconds": seconds}, no_secret)

    names: list[JsonValue] = [f"compatible:{name}" for name in chain]
    return await chat_fallbacks.ask(str(names[0]), names[1:], team, once)


def failing(status: int, **headers: str) -> Answer:
    found = json_answer({"error": {"message": "because"}}, status)
    found.headers |= {name.replace("_", "-"): value for name, value in headers.items()}
    return found


def half() -> Answer:
    found = openai_stream("It went ", ended=False)
    found.cut = True
    return found


@pytest.mark.parametrize(
    ("answer", "code", "hasty"),
    [
        (failing(429), "model_busy", ""),
        (failing(500), "model_failed", ""),
        (failing(529), "model_failed", ""),
        (half(), "model_failed", ""),
        (Answer(delay=600), "model_too_slow", "big"),
    ],
    ids=["429", "500", "529", "half a stream", "timeout"],
)
async def test_the_next_model_is_asked_and_the_first_is_told(
    models: Models, answer: Answer, code: str, hasty: str
) -> None:
    models.answers["big"] = answer
    reply = await ask("big", "small", "never", hasty=hasty)
    assert (reply.text, reply.model) == ("Fine.", "compatible:small")
    assert [(one.model, one.code) for one in reply.tried] == [("compatible:big", code)]
    assert reply.tried[0].why
    assert models.asked("never") == 0


async def test_a_wrong_question_or_key_is_no_reason_to_ask_another(models: Models) -> None:
    for status, error in ((400, chat_errors.RequestRefused), (401, chat_errors.KeyRefused)):
        models.answers["big"] = failing(status)
        with pytest.raises(error):
            await ask("big", "small")
    assert models.asked("small") == 0


async def test_a_fallback_that_cannot_be_asked_is_passed_over(models: Models) -> None:
    models.answers |= {"big": failing(503), "gone": failing(404)}
    reply = await ask("big", "gone", "small")
    assert [one.code for one in reply.tried] == ["model_failed", "model_unknown"]
    with pytest.raises(chat_errors.ModelUnknown):
        await ask("gone", "small")


async def test_where_none_answers_the_first_error_names_them_all(models: Models) -> None:
    models.answers |= {"big": failing(429, retry_after="7"), "small": failing(429, retry_after="3")}
    with pytest.raises(chat_errors.ModelBusy, match=r"compatible:big.*compatible:small") as none:
        await ask("big", "small")
    assert [one["model"] for one in none.value.details["tried"]] == ["compatible:big", "compatible:small"]
    assert none.value.details["retry_after"] == 3


async def test_a_busy_model_is_left_alone_for_as_long_as_it_said_and_its_provider_is_not(
    models: Models,
) -> None:
    models.answers["big"] = failing(429, retry_after="60")
    for _ in range(4):
        assert (await ask("big", "small")).model == "compatible:small"
    assert (models.asked("big"), models.asked("small")) == (1, 4)
    with pytest.raises(chat_errors.ModelResting, match="too many requests") as resting:
        await ask("big")
    assert 50 < resting.value.details["retry_after"] <= 60
    breaker = await breakers.look("ours", "compatible")
    assert (breaker.state, list(breaker.busy)) == ("closed", ["big"])
    assert (await breakers.look("theirs", "compatible")).busy == {}
    models.answers["big"] = failing(429, retry_after_ms="1")
    with pytest.raises(chat_errors.ModelBusy):
        await ask("big", team="theirs")


@pytest.mark.parametrize("with_redis", [False, True], ids=["local", "shared"])
async def test_calls_that_fail_together_open_it_once_for_the_first_rest_and_its_end_is_told_once(
    request: pytest.FixtureRequest, environment: pytest.MonkeyPatch, models: Models, with_redis: bool
) -> None:
    if with_redis:
        environment.setenv("QUADRILLE_REDIS_URL", request.getfixturevalue("redis_url"))
    forget_settings()
    told: list[breakers.Moved] = []
    all_there = asyncio.Barrier(12)

    async def note(moved: breakers.Moved) -> None:
        told.append(moved)

    async def fail() -> ChatReply:
        await all_there.wait()
        raise chat_errors.ModelFailed("no")

    async def answer() -> ChatReply:
        return ChatReply(text="Back.", model="compatible:big")

    calls = [breakers.through("ours", "compatible:big", fail, note) for _ in range(12)]
    failed = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(one) for one in failed] == [chat_errors.ModelFailed] * 12
    (opened,) = told
    assert (opened.provider, opened.to, opened.why) == ("compatible", "opened", "It failed.")
    known = await breakers.store().read("ours:compatible")
    assert (known["failures"], known["rests"]) == ("12", "1"), "not left alone longer for each of them"
    await breakers.store().put("ours:compatible", {"until": "1"}, 60)
    for _ in range(2):
        await breakers.through("ours", "compatible:big", answer, note)
    assert told[1:] == [breakers.Moved("compatible", "closed")]
    if with_redis:
        await redis.client().aclose()


@pytest.mark.parametrize("with_redis", [False, True], ids=["local", "shared"])
async def test_a_breaker_opens_and_closes_again(
    request: pytest.FixtureRequest, environment: pytest.MonkeyPatch, models: Models, with_redis: bool
) -> None:
    if with_redis:
        environment.setenv("QUADRILLE_REDIS_URL", request.getfixturevalue("redis_url"))
    environment.setenv("QUADRILLE_BREAKER_SECONDS", "3600")  # it rests until the test lets it go
    forget_settings()
    models.answers["big"] = failing(500)
    for _ in range(3):
        with pytest.raises(chat_errors.ModelFailed):
            await ask("big")
    with pytest.raises(chat_errors.ModelResting, match="3 times in a row") as resting:
        await ask("small")
    assert (models.asked("small"), resting.value.worth_retrying) == (0, True)
    assert (await ask("small", team="theirs")).text == "Fine.", "other teams have their own keys and breakers"
    await rested()
    with pytest.raises(chat_errors.ModelFailed):
        await ask("big")
    assert (await breakers.look("ours", "compatible")).state == "open", "one failed try is enough now"
    await rested()
    models.answers["big"] = openai_stream("Back.")
    assert (await ask("big")).text == "Back."
    assert await breakers.look("ours", "compatible") == breakers.Breaker()
    if with_redis:
        await redis.client().aclose()


async def rested() -> None:
    """Its rest is over."""
    await breakers.store().put("ours:compatible", {"until": "1"}, 60)
    assert (await breakers.look("ours", "compatible")).state == "half_open"


async def test_one_call_alone_tries_whether_a_provider_is_back(
    models: Models, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_BREAKER_SECONDS", "3600")  # it rests until the test lets it go
    forget_settings()
    models.answers["big"] = failing(500)
    for _ in range(3):
        with pytest.raises(chat_errors.ModelFailed):
            await ask("big")
    await rested()
    gate = asyncio.Event()
    models.answers["big"] = openai_stream("Back.")
    models.answers["big"].until = gate
    trying = asyncio.ensure_future(ask("big"))
    async with asyncio.timeout(120):
        while models.asked("big") < 4:
            await asyncio.sleep(0.01)
    with pytest.raises(chat_errors.ModelResting, match="another call tries"):
        await ask("small")
    gate.set()
    assert (await trying).text == "Back."
    assert (await ask("small")).text == "Fine."


async def test_processes_share_a_breaker_and_survive_the_loss_of_redis(
    shared: Models, environment: pytest.MonkeyPatch
) -> None:
    shared.answers["big"] = failing(500)
    for _ in range(3):
        with pytest.raises(chat_errors.ModelFailed):
            await ask("big")
    breakers.store.cache_clear()  # as another process would begin
    assert (await breakers.look("ours", "compatible")).state == "open"
    with pytest.raises(chat_errors.ModelResting):
        await ask("small")
    await redis.client().aclose()
    environment.setenv("QUADRILLE_REDIS_URL", "redis://127.0.0.1:1/0")
    forget_settings()
    assert (await ask("small")).text == "Fine."
    assert isinstance(store := breakers.store(), Either)
    assert store.away_until > 0


async def test_models_of_this_installation_fall_back_too(models: Models) -> None:
    async def once(name: str) -> ChatReply:
        return await chat.ask(name, HELLO, {"script": "turns: [{fail: 503}]"}, no_secret)

    reply = await chat_fallbacks.ask("scripted/script", ["scripted/extractive"], "ours", once)
    assert (reply.model, reply.tried[0].model) == ("scripted/extractive", "scripted/script")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "12"}, 12),
        ({"retry-after": "12", "retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "99999"}, 3600),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_what_a_provider_says_of_when_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after.seconds(headers) == seconds


def test_a_moment_is_read_too() -> None:
    then = clock.now() + timedelta(seconds=90)
    found = retry_after.seconds({"retry-after": format_datetime(then, usegmt=True)})
    assert found is not None
    assert 60 < found <= 90
