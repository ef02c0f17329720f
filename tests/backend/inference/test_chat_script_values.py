"""A script says and calls tools with what it was asked and told."""

import json

from backend.core.errors import NotFound
from backend.inference import chat
from backend.inference.chat_types import ChatMessage, ChatReply

ORDER = ChatMessage(
    role="user", content="Order: 7\nRefund due: 10\n\nRefund due: 140: all of it\nNo name here"
)
SUM = ChatMessage(
    role="tool",
    content='<tool_result tool="calculator">\n{"result": {"value": "20.5", "ok": true, "more": [1], "best": [{"text": "first"}, {"text": "second"}]}}\n</tool_result>',
    tool_call_id="t0",
)
OWN = ChatMessage(role="assistant", content="Order: 8")


async def no_secret(name: str) -> str:
    raise NotFound(f"There is no secret called {name}.")


async def said(turn: str, *messages: ChatMessage) -> ChatReply:
    return await chat.ask("scripted/script", messages, {"script": f"turns: [{turn}]"}, no_secret)


async def test_it_says_what_lines_name() -> None:
    reply = await said("{say: '{Refund Due} for {order}, {nobody} {Nr.1}'}", ORDER)
    assert reply.text == "140: all of it for 7, {nobody} {Nr.1}"


async def test_it_says_what_its_tools_gave_and_not_what_it_said_itself() -> None:
    reply = await said("{say: '{value} {order} {ok} {more} {text}'}", ORDER, OWN, SUM)
    assert reply.text == "20.5 7 {ok} {more} first"


async def test_it_calls_tools_with_them_at_any_depth() -> None:
    reply = await said("{call: [{tool: sum, with: {of: ['{order} + 1', 2], in: {a: '{order}'}}}]}", ORDER)
    assert reply.tool_calls[0].arguments == {"of": ["7 + 1", 2], "in": {"a": "7"}}


async def test_an_answer_in_json_stays_json_whatever_was_said() -> None:
    quoted = ChatMessage(role="user", content='Name: the "Blue" {order}\nOrder: 7')
    reply = await said("""{say: '{"is": "{name}", "ok": true}'}""", quoted)
    assert json.loads(reply.text) == {"is": 'the "Blue" {order}', "ok": True}
    reply = await said("{say: '{order} is no JSON'}", quoted)
    assert reply.text == "7 is no JSON"
