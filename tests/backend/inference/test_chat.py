"""Chat models answer, and say clearly why they do not; providers are real HTTP servers on loopback."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import JsonValue

from backend.core.errors import NotFound
from backend.inference import chat, chat_errors, chat_extractive, chat_models, chat_provider
from backend.inference.chat import Provider
from backend.inference.chat_types import ChatMessage
from tests.conftest import forget_settings
from tests.http_server import Answer, Asked, json_answer, openai_stream, serving

HELLO = [
    ChatMessage(role="system", content="Be brief."),
    ChatMessage(role="user", content="Where is my refund?"),
]


async def no_secret(name: str) -> str:
    raise NotFound(f"There is no secret called {name}.")


def secrets(**known: str) -> Callable[[str], Any]:
    async def secret_of(name: str) -> str:
        return known[name]

    return secret_of


def openai_says(text: str) -> Callable[[Asked], Answer]:
    return lambda asked: openai_stream(text)


@pytest.fixture
def at(environment: pytest.MonkeyPatch) -> Callable[[str], None]:
    def use(url: str) -> None:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{url}/v1")
        forget_settings()

    return use


async def test_an_openai_compatible_server_answers(at: Callable[[str], None]) -> None:
    async with serving(openai_says("On its way.")) as server:
        at(server.url)
        reply = await chat.ask(
            "compatible:tiny", HELLO, {"temperature": 0.5, "max_tokens": 50}, secrets(COMPATIBLE_API_KEY="k1")
        )
    assert (reply.text, reply.input_tokens, reply.output_tokens) == ("On its way.", 11, 3)
    asked = server.asked[0]
    assert (asked.path, asked.headers["authorization"]) == ("/v1/chat/completions", "Bearer k1")
    assert asked.json()["temperature"] == 0.5
    assert [m["role"] for m in asked.json()["messages"]] == ["system", "user"]


async def test_a_model_is_made_once_for_a_key_and_its_options_and_carries_nothing_along(
    at: Callable[[str], None],
) -> None:
    chat_models.made.cache_clear()
    says = openai_stream("Soon.")
    says.headers["set-cookie"] = "who=k1; Path=/"
    async with serving(lambda asked: says) as server:
        at(server.url)
        for key in ("k1", "k1", "k2"):
            await chat.ask("compatible:tiny", HELLO, {"temperature": 0.5}, secrets(COMPATIBLE_API_KEY=key))
        await chat.ask("compatible:tiny", HELLO, {"temperature": 0.7}, secrets(COMPATIBLE_API_KEY="k1"))
    assert chat_models.made.cache_info().misses == 3
    assert [asked.headers["authorization"] for asked in server.asked] == [
        f"Bearer k{n}" for n in (1, 1, 2, 1)
    ]
    assert [asked.json()["temperature"] for asked in server.asked] == [0.5, 0.5, 0.5, 0.7]
    assert not [asked for asked in server.asked if "cookie" in asked.headers]


async def test_a_compatible_server_needs_no_key(at: Callable[[str], None]) -> None:
    async with serving(openai_says("Hi.")) as server:
        at(server.url)
        assert (await chat.ask("compatible:tiny", HELLO, {}, no_secret)).text == "Hi."


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, chat_errors.RequestRefused),
        (401, chat_errors.KeyRefused),
        (404, chat_errors.ModelUnknown),
        (429, chat_errors.ModelBusy),
        (500, chat_errors.ModelFailed),
        (503, chat_errors.ModelFailed),
    ],
)
async def test_a_provider_s_error_is_told_once(
    at: Callable[[str], None], status: int, error: type[chat_errors.ChatError]
) -> None:
    async with serving(lambda asked: json_answer({"error": {"message": "because"}}, status)) as server:
        at(server.url)
        with pytest.raises(error, match=rf"compatible:tiny.*{status}.*because"):
            await chat.ask("compatible:tiny", HELLO, {}, no_secret)
    assert len(server.asked) == 1, "retries are the engine's"


async def test_a_slow_provider_is_given_up(at: Callable[[str], None]) -> None:
    async with serving(lambda asked: Answer(delay=30)) as server:
        at(server.url)
        with pytest.raises(chat_errors.ModelTooSlow, match=r"within 0.3 seconds"):
            await chat.ask("compatible:tiny", HELLO, {"timeout_seconds": 0.3}, no_secret)


async def test_a_provider_that_is_not_there_is_told(at: Callable[[str], None]) -> None:
    async with serving(lambda asked: Answer()) as server:
        gone = server.url
    at(gone)
    with pytest.raises(chat_errors.ModelFailed, match="cannot be reached"):
        await chat.ask("compatible:tiny", HELLO, {}, no_secret)


async def test_a_proxy_of_the_environment_is_not_used(
    at: Callable[[str], None], environment: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "OPENAI_PROXY"):
        environment.setenv(name, "http://127.0.0.1:1")
    async with serving(openai_says("Direct.")) as server:
        at(server.url)
        assert (await chat.ask("compatible:tiny", HELLO, {}, no_secret)).text == "Direct."


async def test_an_answer_is_heard_while_it_is_made_and_counted_as_before(at: Callable[[str], None]) -> None:
    heard: list[str] = []
    async with serving(lambda asked: openai_stream("Where ", "it ", "went.")) as server:
        at(server.url)
        reply = await chat.ask("compatible:tiny", HELLO, {}, no_secret, heard.append)
    assert [piece for piece in heard if piece] == ["Where ", "it ", "went."]
    assert (reply.text, reply.input_tokens, reply.output_tokens) == ("Where it went.", 11, 3)
    assert server.asked[0].json()["stream_options"] == {"include_usage": True}


async def test_a_sum_that_is_told_again_and_again_is_not_added_up(at: Callable[[str], None]) -> None:
    answer = openai_stream("Yes", ".")
    assert answer.pieces is not None
    for n in range(2):
        told = json.loads(answer.pieces[n][6:])
        used = {"prompt_tokens": 11, "completion_tokens": n + 1, "total_tokens": 12 + n}
        answer.pieces[n] = b"data: " + json.dumps({**told, "usage": used}).encode() + b"\n\n"
    async with serving(lambda asked: answer) as server:
        at(server.url)
        reply = await chat.ask("compatible:tiny", HELLO, {}, no_secret)
    assert (reply.text, reply.input_tokens, reply.output_tokens) == ("Yes.", 11, 3)


def cut_short() -> Answer:
    answer = openai_stream("It went to ", ended=False)
    answer.cut = True
    return answer


def spoiled() -> Answer:
    answer = openai_stream("It ", "went.")
    assert answer.pieces is not None
    answer.pieces.insert(1, b'data: {"id": "c1", "choi\n\n')
    return answer


def of_another_form() -> Answer:
    return Answer(
        headers={"content-type": "text/event-stream"}, pieces=[b'data: {"choices": [{"said": 1}]}\n\n']
    )


def error_in_the_middle() -> Answer:
    answer = openai_stream("It ", ended=False)
    assert answer.pieces is not None
    answer.pieces.append(b'data: {"error": {"message": "out of memory"}}\n\n')
    return answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (cut_short(), "connection broke"),
        (openai_stream("It went to ", ended=False), "broke off before its end"),
        (spoiled(), "not of its protocol"),
        (of_another_form(), "not of its protocol"),
        (error_in_the_middle(), "out of memory"),
        (json_answer({"choices": []}), "failed while it answered"),
    ],
    ids=["cut", "without an end", "malformed", "another form", "an error", "no stream"],
)
async def test_a_stream_that_does_not_end_well_is_worth_another_try(
    at: Callable[[str], None], answer: Answer, said: str
) -> None:
    async with serving(lambda asked: answer) as server:
        at(server.url)
        with pytest.raises(chat_errors.ModelFailed, match=said) as failed:
            await chat.ask("compatible:tiny", HELLO, {}, no_secret)
    assert failed.value.worth_retrying


async def test_a_stream_that_falls_silent_is_given_up(at: Callable[[str], None]) -> None:
    answer = openai_stream("It ", "went.")
    answer.pause = 30
    async with serving(lambda asked: answer) as server:
        at(server.url)
        with pytest.raises(chat_errors.ModelTooSlow, match="silent"):
            await chat.ask("compatible:tiny", HELLO, {"timeout_seconds": 0.3}, no_secret)


async def test_offline_models_are_heard_too() -> None:
    heard: list[str] = []
    script = "turns:\n  - {say: 'One two  three ', words_per_second: 500}"
    reply = await chat.ask("scripted/script", HELLO, {"script": script}, no_secret, heard.append)
    assert (heard, reply.text) == (["One", " two", "  three "], "One two  three ")
    heard.clear()
    reply = await chat.ask("scripted/extractive", HELLO, {}, no_secret, heard.append)
    assert heard == [reply.text]


async def test_anthropic_answers_over_the_guarded_client(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1/32")
    forget_settings()
    begun = {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "tiny",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 7, "output_tokens": 1},
    }
    told: list[dict[str, Any]] = [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}} for word in ("So", "on.")),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"input_tokens": 7, "output_tokens": 2}},
        {"type": "message_stop"},
    ]  # fmt: skip
    pieces = [f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in told]
    stream = Answer(headers={"content-type": "text/event-stream"}, pieces=pieces)
    heard: list[str] = []
    async with serving(lambda asked: stream) as server:
        provider = Provider("anthropic", server.url, "ANTHROPIC_API_KEY")
        reply = await chat_provider.answer(provider, "tiny", "k2", HELLO, {"max_tokens": 50}, heard.append)
    assert "".join(heard) == "Soon."
    assert (reply.text, reply.input_tokens, reply.output_tokens) == ("Soon.", 7, 2)
    headers = server.asked[0].headers
    assert "k2" in (headers.get("x-api-key") or headers["authorization"])


async def test_a_provider_s_private_address_is_refused_unless_the_operator_set_it(
    environment: pytest.MonkeyPatch,
) -> None:
    async with serving(openai_says("Never.")) as server:
        with pytest.raises(Exception, match="must not be reached"):
            await chat_provider.answer(Provider("openai", server.url, "K"), "tiny", "k", HELLO, {})
    assert server.asked == []


async def test_a_missing_key_names_the_secret_to_store(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(chat_errors.KeyMissing) as missing:
        await chat.ask("openai:gpt", HELLO, {}, no_secret)
    assert "OPENAI_API_KEY" in missing.value.fix


@pytest.mark.parametrize("model", ["gpt", "nobody:gpt", "compatible:x", "openai:", "scripted/other"])
async def test_an_unknown_model_says_which_there_are(environment: pytest.MonkeyPatch, model: str) -> None:
    with pytest.raises(chat_errors.ModelUnknown) as unknown:
        await chat.ask(model, HELLO, {}, no_secret)
    assert unknown.value.fix
    assert not chat.is_known(model)


@pytest.mark.parametrize("model", ["openai:x", "anthropic:x", "openvino:x", "scripted/script"])
def test_a_name_can_be_known_before_it_is_asked(environment: pytest.MonkeyPatch, model: str) -> None:
    assert chat.is_known(model)


SCRIPT = """
turns:
  - when: refund
    fail: 429
    fail_attempts: 1
    say: It was sent today.
  - after: 1
    say: Anything else?
  - say: Please tell me more.
"""


async def test_a_script_is_played() -> None:
    options = {"script": SCRIPT, "attempt": 2}
    assert (await chat.ask("scripted/script", HELLO, options, no_secret)).text == "It was sent today."
    other = [ChatMessage(role="user", content="Hello")]
    assert (await chat.ask("scripted/script", other, options, no_secret)).text == "Please tell me more."
    later = [*other, ChatMessage(role="assistant", content="Hi"), *other]
    assert (await chat.ask("scripted/script", later, options, no_secret)).text == "Anything else?"


async def test_a_script_fails_as_it_says() -> None:
    with pytest.raises(chat_errors.ModelBusy):
        await chat.ask("scripted/script", HELLO, {"script": SCRIPT, "attempt": 1}, no_secret)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("turns:\n  - say: [", "Line 2"),
        ("turns: []", "turns"),
        ("turns:\n  - says: x", "turns.0.says"),
        ("turns:\n  - say: x\n    when: never", "No turn"),
    ],
)
async def test_a_wrong_script_is_located(script: str, said: str) -> None:
    with pytest.raises(chat_errors.RequestRefused, match=said):
        await chat.ask("scripted/script", HELLO, {"script": script}, no_secret)


async def test_the_extractive_model_quotes_the_passages_and_nothing_else() -> None:
    passages: list[JsonValue] = [
        "Our offices are in Vienna. We open at nine.",
        "Refunds are paid within five days. They go to the card you paid with. Gift cards are never refunded.",
    ]
    reply = await chat.ask("scripted/extractive", HELLO, {"passages": passages}, no_secret)
    assert "Refunds are paid within five days. [2]" in reply.text
    assert "Vienna" not in reply.text


async def test_the_extractive_model_admits_that_it_found_nothing() -> None:
    reply = await chat.ask("scripted/extractive", HELLO, {"passages": ["We sell tea."]}, no_secret)
    assert reply.text == chat_extractive.NOTHING_FOUND
