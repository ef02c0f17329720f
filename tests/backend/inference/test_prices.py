"""What models cost: the shipped table, the operator's own, and what nobody knows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app import checkup
from backend.core.errors import NotFound
from backend.core.settings import settings
from backend.inference import chat, prices
from backend.inference.chat_types import ChatMessage
from tests.conftest import forget_settings
from tests.http_server import openai_stream, serving

HELLO = [ChatMessage(role="user", content="Where is my refund?")]
OWN = """
prices:
  - {model: "compatible:tiny", input: 1, output: 2, cached: 0.5, date: 2026-11-22, source: our own bill}
  - {model: "openai:gpt-4o", input: 5, output: 7, date: 2026-11-22, source: our contract}
"""


@pytest.fixture
def write(environment: pytest.MonkeyPatch) -> Callable[[str], Path]:
    def own(text: str) -> Path:
        path = prices.own_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return own


async def no_secret(name: str) -> str:
    raise NotFound(f"There is no secret called {name}.")


def test_every_shipped_price_has_a_date_and_a_source(environment: pytest.MonkeyPatch) -> None:
    shipped = prices.shipped()
    assert len({price.model for price in shipped}) == len(shipped) > 20
    for price in shipped:
        assert price.model.partition(":")[0] in chat.PROVIDERS or price.model.startswith("scripted/")
        assert price.source.startswith("https://") or price.model.startswith("scripted/")
        assert price.cached is None or price.cached <= price.input <= price.output


def test_a_call_costs_what_it_read_wrote_and_took_from_the_cache(environment: pytest.MonkeyPatch) -> None:
    assert prices.cost("openai:gpt-4o", 1_000_000, 100_000) == pytest.approx(3.5)
    assert prices.cost("openai:gpt-4o-2024-08-06", 1_000_000, 100_000, 400_000) == pytest.approx(3.0)
    assert prices.cost("anthropic:claude-haiku-5-5", 100_000, 1000) == pytest.approx(0.0105)
    assert prices.cost("anthropic:claude-haiku-5-5", 200_000, 1000) == pytest.approx(0.1025)
    assert prices.cost("scripted/script", 10, 10) == 0


def test_an_unknown_price_is_no_price(environment: pytest.MonkeyPatch) -> None:
    for model in ("compatible:tiny", "openai:gpt-4o-next", "openai:", ""):
        assert prices.cost(model, 10, 10) is None


def test_the_operators_prices_go_first_and_change_while_running(
    write: Callable[[str], Path], environment: pytest.MonkeyPatch
) -> None:
    assert prices.cost("compatible:tiny", 2_000_000, 0) is None
    write(OWN)
    assert prices.cost("compatible:tiny", 2_000_000, 0, 1_000_000) == 1.5
    assert prices.cost("openai:gpt-4o", 1_000_000, 0) == 5
    environment.setenv("QUADRILLE_MODEL_PRICES", "openai:gpt-4o=1/2")
    settings.cache_clear()
    assert prices.cost("openai:gpt-4o", 1_000_000, 1_000_000) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prices: [", "cannot be read"),
        ("prices:\n  - {model: x, input: -1, output: 2, date: 2026-11-22, source: s}", "prices.0.input"),
        ("prices:\n  - {model: x, input: 1, output: 2, date: 2026-11-22}", "prices.0.source"),
        ("- x", "wrong"),
        ("", "wrong"),
    ],
)
async def test_a_wrong_file_changes_nothing_and_doctor_tells_its_mistake(
    write: Callable[[str], Path], text: str, said: str
) -> None:
    path = write(text)
    assert prices.cost("openai:gpt-4o", 1_000_000, 0) == 2.5
    found = await checkup.model_prices()
    assert (found.state, said in found.words, str(path) in found.words) == ("unsafe", True, True)


async def test_each_answer_carries_its_cost_or_none(
    write: Callable[[str], Path], environment: pytest.MonkeyPatch
) -> None:
    answers = [openai_stream("Hi."), openai_stream("Hi."), openai_stream("Hi.", usage=None)]
    async with serving(lambda asked: answers.pop(0)) as server:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{server.url}/v1")
        forget_settings()
        assert (await chat.ask("compatible:tiny", HELLO, {}, no_secret)).cost is None
        write(OWN)
        assert (await chat.ask("compatible:tiny", HELLO, {}, no_secret)).cost == pytest.approx(17e-6)
        uncounted = await chat.ask("compatible:tiny", HELLO, {}, no_secret)
    assert uncounted.cost is None, "what was not counted cannot be priced"
    assert (await chat.ask("scripted/extractive", HELLO, {}, no_secret)).cost == 0
