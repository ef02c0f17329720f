"""Language models of the operator's own: a real OpenVINO GenAI pipeline answers, in this process and in a worker."""

import asyncio
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from backend.core.errors import NotFound, Outage
from backend.core.settings import settings
from backend.inference import catalogue, chat, chat_errors, chat_local, local_models
from backend.inference.chat_types import ChatMessage
from backend.inference.generate import Generator
from tests import tiny_model

pytestmark = [pytest.mark.openvino]
HELLO = [ChatMessage(role="user", content="Hi")]
TALK = [{"role": "user", "content": "Hi"}]
SCHEMA: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"kind": {"enum": ["x", "y"]}},
    "required": ["kind"],
    "additionalProperties": False,
}
TOOLS: list[JsonValue] = [
    {"name": "weather", "parameters": {"$defs": {"k": {"enum": ["x", "y"]}}, "type": "object",
     "properties": {"kind": {"$ref": "#/$defs/k"}}, "required": ["kind"], "additionalProperties": False}},
]  # fmt: skip


def options(**more: Any) -> dict[str, Any]:
    return {"seconds": 60, "max_tokens": 8, "temperature": 0, "schema": "", **more}


async def no_secret(name: str) -> str:
    raise NotFound(f"There is no secret called {name}.")


@pytest.fixture(scope="session")
def tiny(models: Path) -> Path:
    return tiny_model.write(models / "llm" / "tiny")


@pytest.fixture
def here(tiny: Path, environment: pytest.MonkeyPatch) -> Path:
    environment.setenv("QUADRILLE_LLM_DIR", str(tiny.parent))
    settings.cache_clear()
    return tiny


async def test_a_model_answers_by_its_limits_and_by_a_schema(here: Path) -> None:
    generator = Generator()
    said = await generator.answer("tiny", TALK, options())
    assert (said["output_tokens"], said["why"], len(said["text"])) == (8, "length", 8)
    assert said["input_tokens"] == len("user: Hi\n")
    held = await generator.answer("tiny", TALK, options(max_tokens=60, schema=json.dumps(SCHEMA)))
    assert (json.loads(held["text"]), held["why"]) == ({"kind": "x"}, "stop")
    drawn = await generator.answer("tiny", TALK, options(temperature=1.5))
    assert drawn["output_tokens"] == 8


async def test_a_model_that_is_not_there_or_broken_is_told(
    tiny: Path, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    generator = Generator()
    environment.setenv("QUADRILLE_LLM_DIR", str(tmp_path))
    settings.cache_clear()
    (tmp_path / "tiny").symlink_to(tiny)
    assert "no model" in (await generator.answer("other", TALK, options()))["missing"]
    assert local_models.path(f"../{tmp_path.name}/tiny") is None
    broken = tmp_path / "broken"
    broken.mkdir()
    for part in ("model", "tokenizer", "detokenizer"):
        (broken / f"openvino_{part}.xml").write_text("<net>")
    assert (await generator.answer("broken", TALK, options()))["broken"]
    assert (await generator.answer("tiny", TALK, options()))["output_tokens"] == 8
    assert local_models.names() == ["broken", "tiny"]


async def test_an_answer_ends_with_its_time_and_with_its_asker(here: Path) -> None:
    generator = Generator()
    late = await generator.answer("tiny", TALK, options(max_tokens=1_000_000, seconds=0.05))
    assert late["why"] == "late"
    asking = asyncio.ensure_future(generator.answer("tiny", TALK, options(max_tokens=1_000_000)))
    while not generator._turn.locked():
        await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await generator.answer("tiny", TALK, options()))["output_tokens"] == 8


@pytest.mark.redis
async def test_an_inference_worker_answers_through_redis(tiny: Path, worker: object) -> None:
    heard: list[str] = []
    reply = await chat.ask(
        "openvino:tiny", HELLO, {"max_tokens": 5, "temperature": 0}, no_secret, heard.append
    )
    assert (reply.model, reply.output_tokens, len(reply.text)) == ("openvino:tiny", 5, 5)
    assert (heard, reply.cost) == ([reply.text], None)
    called = await chat.ask("openvino:tiny", HELLO, {"max_tokens": 200, "tools": TOOLS}, no_secret)
    assert [(call.name, call.arguments) for call in called.tool_calls] == [("weather", {"kind": "x"})]
    with pytest.raises(chat_errors.CallMalformed, match="cut off"):
        await chat.ask("openvino:tiny", HELLO, {"max_tokens": 3, "tools": TOOLS}, no_secret)
    with pytest.raises(chat_errors.ModelUnknown, match="no model"):
        await chat.ask("openvino:other", HELLO, {}, no_secret)
    listed = {one.name: one for one in await catalogue.models(set(), "team")}
    assert (listed["openvino:tiny"].available, listed["openvino:tiny"].offline) == (True, True)


@pytest.mark.redis
async def test_without_an_inference_worker_it_is_an_outage(valkey_alone: None) -> None:
    with pytest.raises(Outage, match="No inference worker"):
        await chat.ask("openvino:tiny", HELLO, {}, no_secret)


def test_calls_and_results_are_told_in_words_that_every_template_knows() -> None:
    talk = [
        ChatMessage.model_validate(
            {"role": "assistant", "tool_calls": [{"id": "c1", "name": "now", "arguments": {"a": 1}}]}
        ),
        ChatMessage(role="tool", content="12:00", tool_call_id="c1"),
    ]
    assert [chat_local.plain(one) for one in talk] == [
        {"role": "assistant", "content": '{"tool":"now","arguments":{"a":1}}'},
        {"role": "user", "content": "The result of c1: 12:00"},
    ]


def test_the_pipeline_and_openvino_are_of_one_version() -> None:
    assert version("openvino-genai").startswith(version("openvino"))
    assert version("openvino-tokenizers") == version("openvino-genai")
