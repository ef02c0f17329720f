"""What docs/models.md shows works as it says."""

import re
from pathlib import Path

import pytest
from pydantic import JsonValue
from ruamel.yaml import YAML

from backend.core.errors import NotFound
from backend.inference import breakers, chat, chat_errors, prices
from backend.inference.chat_types import ChatMessage

PAGE = Path(__file__).parents[3] / "docs" / "models.md"
TOLD = ChatMessage(role="tool", content='{"celsius": 21}', tool_call_id="call_1_1")


def shown() -> list[str]:
    """The page's pieces of YAML."""
    return re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)


async def no_secret(name: str) -> str:
    raise NotFound(f"There is no secret called {name}.")


async def test_the_script_of_the_page_plays_as_it_says() -> None:
    options: dict[str, JsonValue] = {"script": shown()[0]}
    asked = [ChatMessage(role="user", content="How warm is it?")]
    first = await chat.ask("scripted/script", asked, options, no_secret)
    assert [(call.name, call.arguments) for call in first.tool_calls] == [("weather", {"city": "Graz"})]
    talk = [*asked, ChatMessage(role="assistant", content=first.text, tool_calls=first.tool_calls)]
    assert (await chat.ask("scripted/script", [*talk, TOLD], options, no_secret)).text == "It is warm."
    with pytest.raises(chat_errors.ModelBusy):
        await chat.ask("scripted/script", [*talk, *asked], options, no_secret)
    again = await chat.ask("scripted/script", [*talk, *asked], {**options, "attempt": 2}, no_secret)
    assert again.text == "Something else?"


def test_the_prices_of_the_page_are_read(environment: pytest.MonkeyPatch) -> None:
    own = prices.own_file()
    own.parent.mkdir(parents=True)
    own.write_text(shown()[1])
    assert YAML(typ="safe").load(own.read_text())["prices"][0]["model"] == "compatible:llama3"
    assert prices.cost("compatible:llama3", 1_000_000, 1_000_000) == pytest.approx(0.15)


def test_the_page_names_every_model_and_every_state() -> None:
    text = PAGE.read_text()
    for name in (*chat.PROVIDERS, "openvino"):
        assert f"`{name}:" in text
    for state in breakers.STATES:
        assert f"| `{state}` |" in text
