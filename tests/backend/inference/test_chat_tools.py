"""Models call tools and answer by a schema; providers are real HTTP servers that speak OpenAI's and Anthropic's wire."""

import json
from collections.abc import Callable

import pytest
from pydantic import JsonValue

from backend.core.errors import NotFound
from backend.inference import chat, chat_errors, chat_provider
from backend.inference.chat import Provider
from backend.inference.chat_types import ChatMessage, ChatReply, ToolCall
from tests.conftest import forget_settings
from tests.http_server import Answer, json_answer, openai_stream, serving
from tests.model_wire import anthropic_stream, openai_calls, openai_event, openai_part

ASKED = ToolCall(id="t0", name="weather", arguments={"city": "Graz"})
TALK = [
    ChatMessage(role="user", content="How warm is it in Graz and in Linz?"),
    ChatMessage(role="assistant", content="One moment.", tool_calls=(ASKED,)),
    ChatMessage(role="tool", content='{"celsius": 21}', tool_call_id="t0"),
]
PARAMETERS: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}
TOOLS: list[JsonValue] = [{"name": "weather", "description": "Tells it.", "parameters": PARAMETERS}]
SCHEMA: dict[str, JsonValue] = {**PARAMETERS, "additionalProperties": False}


async def no_secret(name: str) -> str:
    raise NotFound(f"There is no secret called {name}.")


@pytest.fixture
def at(environment: pytest.MonkeyPatch) -> Callable[[str], None]:
    def use(url: str) -> None:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{url}/v1")
        environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1/32")
        forget_settings()

    return use


async def ask_anthropic(url: str, messages: list[ChatMessage], **options: JsonValue) -> ChatReply:
    provider = Provider("anthropic", url, "ANTHROPIC_API_KEY")
    return await chat_provider.answer(provider, "tiny", "k", messages, {"max_tokens": 50, **options})


TWO_CALLS = openai_calls(
    openai_event({"role": "assistant", "content": "Looking."}),
    openai_part(0, "", "weather", "a"),
    openai_part(0, '{"ci'),
    openai_part(0, 'ty": "Graz"}'),
    openai_part(1, '{"city": "Linz"}', "weather", "b"),
)
COUNTED_WRONGLY = openai_calls(
    openai_part(0, '{"city": "Graz"}', "weather", "a"), openai_part(0, '{"city": "Linz"}', "weather", "b")
)
NAMED_AGAIN = openai_calls(openai_part(0, '{"city":', "weather", "a"), openai_part(0, '"Graz"}', "weather"))
WITHOUT_ARGUMENTS = openai_calls(openai_part(0, "", "now", "a"))
NOT_IDENTIFIED = openai_calls(openai_part(0, "{}", "now"), openai_part(1, "{}", "now"))


@pytest.mark.parametrize(
    ("answer", "calls"),
    [
        (TWO_CALLS, [("a", "weather", {"city": "Graz"}), ("b", "weather", {"city": "Linz"})]),
        (COUNTED_WRONGLY, [("a", "weather", {"city": "Graz"}), ("b", "weather", {"city": "Linz"})]),
        (NAMED_AGAIN, [("a", "weather", {"city": "Graz"})]),
        (WITHOUT_ARGUMENTS, [("a", "now", {})]),
        (NOT_IDENTIFIED, [("call_1", "now", {}), ("call_2", "now", {})]),
    ],
    ids=["in pieces", "counted wrongly", "named with every piece", "without arguments", "without ids"],
)
async def test_tool_calls_are_put_together(
    at: Callable[[str], None], answer: Answer, calls: list[tuple[str, str, JsonValue]]
) -> None:
    async with serving(lambda asked: answer) as server:
        at(server.url)
        reply = await chat.ask("compatible:tiny", TALK, {"tools": TOOLS}, no_secret)
    assert [(call.id, call.name, call.arguments) for call in reply.tool_calls] == calls
    assert (reply.input_tokens, reply.output_tokens) == (20, 8)
    asked = server.asked[0].json()
    assert [one["function"]["name"] for one in asked["tools"]] == ["weather"]
    assert asked["tools"][0]["function"]["parameters"] == PARAMETERS
    _, said, told = asked["messages"]
    assert json.loads(said["tool_calls"][0]["function"]["arguments"]) == {"city": "Graz"}
    assert (told["role"], told["tool_call_id"], told["content"]) == ("tool", "t0", '{"celsius": 21}')


async def test_anthropic_calls_tools_and_is_told_their_results(at: Callable[[str], None]) -> None:
    use = ("b", "weather", ['{"city"', ': "Linz"}'])
    async with serving(lambda asked: anthropic_stream("Looking.", use, why="tool_use")) as server:
        at(server.url)
        reply = await ask_anthropic(server.url, TALK, tools=TOOLS)
    assert (reply.text, reply.tool_calls) == (
        "Looking.",
        (ToolCall(id="b", name="weather", arguments={"city": "Linz"}),),
    )
    asked = server.asked[0].json()
    assert (asked["tools"][0]["name"], asked["tools"][0]["input_schema"]) == ("weather", PARAMETERS)
    _, said, told = asked["messages"]
    assert {"type": "tool_use", "id": "t0", "name": "weather", "input": {"city": "Graz"}} in said["content"]
    assert (told["role"], told["content"][0]["tool_use_id"]) == ("user", "t0")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (openai_calls(openai_part(0, '{"city": "Gr', "weather", "a")), "cannot be read"),
        (openai_calls(openai_part(0, '{"city": "Gr', "weather", "a"), why="length"), "cut off"),
        (openai_calls(openai_part(0, '["Graz"]', "weather", "a")), "no JSON object"),
        (openai_calls(openai_part(0, "{}", None, "a")), "no name"),
    ],
    ids=["half", "too long", "a list", "nameless"],
)
async def test_a_tool_call_that_cannot_be_read_is_worth_another_try(
    at: Callable[[str], None], answer: Answer, said: str
) -> None:
    async with serving(lambda asked: answer) as server:
        at(server.url)
        with pytest.raises(chat_errors.CallMalformed, match=said) as failed:
            await chat.ask("compatible:tiny", TALK, {"tools": TOOLS}, no_secret)
    assert failed.value.worth_retrying
    assert failed.value.fix
    assert failed.value.details["arguments"]


async def test_anthropic_s_half_tool_call_and_half_stream_are_told(at: Callable[[str], None]) -> None:
    answers = [
        anthropic_stream(("b", "weather", ['{"city": "Li']), why="max_tokens"),
        anthropic_stream("So ", ended=False),
    ]
    async with serving(lambda asked: answers.pop(0)) as server:
        at(server.url)
        with pytest.raises(chat_errors.CallMalformed, match="cut off"):
            await ask_anthropic(server.url, TALK, tools=TOOLS)
        with pytest.raises(chat_errors.ModelFailed, match="broke off before its end"):
            await ask_anthropic(server.url, TALK)


async def test_a_schema_is_asked_for_in_each_provider_s_way(at: Callable[[str], None]) -> None:
    async with serving(lambda asked: openai_stream('{"city": "Graz"}')) as server:
        at(server.url)
        for schema in (SCHEMA, PARAMETERS):
            reply = await chat.ask("compatible:tiny", TALK[:1], {"schema": schema}, no_secret)
            assert reply.text == '{"city": "Graz"}'
    strict, loose = (asked.json()["response_format"]["json_schema"] for asked in server.asked)
    assert (strict["schema"], strict["strict"], loose["strict"]) == (SCHEMA, True, False)
    async with serving(lambda asked: anthropic_stream('{"city": "Graz"}')) as server:
        at(server.url)
        await ask_anthropic(server.url, TALK[:1], schema=PARAMETERS)
    told = server.asked[0].json()["output_config"]["format"]
    assert (told["type"], told["schema"]["additionalProperties"]) == ("json_schema", False)


async def test_a_server_that_knows_no_schemas_is_told_the_schema_in_words(at: Callable[[str], None]) -> None:
    refused = json_answer({"error": {"message": "Unknown parameter: response_format"}}, 400)
    answers = [refused, openai_stream('{"city": "Graz"}')]
    async with serving(lambda asked: answers.pop(0)) as server:
        at(server.url)
        reply = await chat.ask("compatible:tiny", TALK[:1], {"schema": SCHEMA}, no_secret)
    assert reply.text == '{"city": "Graz"}'
    asked = server.asked[1].json()
    assert "response_format" not in asked
    assert '"additionalProperties":false' in asked["messages"][0]["content"]


async def test_a_temperature_that_a_model_refuses_is_left_out(at: Callable[[str], None]) -> None:
    refused = json_answer(
        {"error": {"message": "Unsupported value: 'temperature' does not support 0.2"}}, 400
    )
    answers = [refused, openai_stream("Hi.")]
    async with serving(lambda asked: answers.pop(0)) as server:
        at(server.url)
        assert (await chat.ask("compatible:tiny", TALK[:1], {"temperature": 0.2}, no_secret)).text == "Hi."
    assert ["temperature" in asked.json() for asked in server.asked] == [True, False]


async def test_a_tool_that_is_described_wrongly_is_located(at: Callable[[str], None]) -> None:
    async with serving(lambda asked: openai_stream("Never.")) as server:
        at(server.url)
        with pytest.raises(chat_errors.RequestRefused, match=r"tools\.1\.name"):
            await chat.ask("compatible:tiny", TALK, {"tools": [*TOOLS, {"name": "no spaces"}]}, no_secret)
    assert server.asked == []


SCRIPT = """
turns:
  - {when: celsius, say: "It is warm."}
  - {after: 0, say: "One moment.", call: [{tool: weather, with: {city: Graz}}, {tool: now}]}
"""


async def test_a_script_calls_tools_and_answers_to_what_they_gave() -> None:
    first = await chat.ask("scripted/script", TALK[:1], {"script": SCRIPT, "tools": TOOLS}, no_secret)
    assert (first.text, [call.id for call in first.tool_calls]) == ("One moment.", ["call_1_1", "call_1_2"])
    assert [(call.name, call.arguments) for call in first.tool_calls] == [
        ("weather", {"city": "Graz"}),
        ("now", {}),
    ]
    after = await chat.ask("scripted/script", TALK, {"script": SCRIPT}, no_secret)
    assert (after.text, after.tool_calls) == ("It is warm.", ())
    with pytest.raises(chat_errors.RequestRefused, match=r"turns\.0\.call\.0\.tool"):
        await chat.ask("scripted/script", TALK, {"script": "turns: [{call: [{with: {}}]}]"}, no_secret)


def test_what_says_nothing_is_left_out() -> None:
    plain = ChatReply(text="Hi", model="m", input_tokens=1)
    assert plain.model_dump(mode="json") == {
        "text": "Hi",
        "model": "m",
        "input_tokens": 1,
        "output_tokens": 0,
    }
    free = plain.model_copy(update={"cost": 0.0, "tool_calls": (ASKED,)}).model_dump(mode="json")
    assert (free["cost"], free["tool_calls"][0]["name"]) == (0.0, "weather")
    assert ChatReply.model_validate(free).tool_calls == (ASKED,)
    assert TALK[0].model_dump() == {"role": "user", "content": TALK[0].content}
    assert TALK[2].model_dump()["tool_call_id"] == "t0"
