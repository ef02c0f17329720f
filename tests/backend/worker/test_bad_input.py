"""What goes wrong is told at the right node or field, and nothing is lost."""

import pytest

from backend.core.errors import Invalid, TooLarge
from backend.workflows.diagram import Node
from tests.backend.runs import made
from tests.backend.worker.house import House, check_invariants, steps
from tests.http_server import Answer, Asked, json_answer, serving

pytestmark = [pytest.mark.db, pytest.mark.redis]

START = Node(
    id="start", kind="start", config={"fields": [{"name": "text", "type": "long_text", "required": True}]}
)
OUTPUT = Node(id="output", kind="output")


def asking(model: str) -> made.Diagram:
    chat = Node(
        id="draft", kind="chat_model", name="Entwurf ✍️", config={"model": model, "prompt": "{{ input.text }}"}
    )
    return made.chain(START, chat, OUTPUT)


async def test_a_missing_secret_is_named_at_its_node(house: House) -> None:
    world = await made.world(asking("openai:gpt-4o-mini"))
    house.worker()
    run = await house.ended(await house.start(world, {"text": "hello"}))
    assert run.status == "failed"
    assert run.error
    assert run.error["node_id"] == "draft"
    assert "OPENAI_API_KEY" in run.error["message"] + run.error.get("fix", "")
    await check_invariants([run])


async def test_a_provider_that_answers_500_fails_its_node_with_a_sentence(house: House) -> None:
    def broken(asked: Asked) -> Answer:
        return json_answer({"error": {"message": "the machine room is on fire"}}, 500)

    async with serving(broken) as provider:
        world = await made.world(asking("compatible:tiny"))
        house.worker(QUADRILLE_OPENAI_BASE_URL=f"{provider.url}/v1")
        run = await house.ended(await house.start(world, {"text": "hello"}))
    assert provider.asked
    assert run.status == "failed"
    assert run.error
    assert run.error["node_id"] == "draft"
    assert "500" in run.error["message"]
    assert "Traceback" not in str(run.error)
    done = {s.node_id: s.status for s in await steps(run)}
    assert done["start"] == "succeeded", "what was done before stays"


async def test_an_input_over_the_limit_is_refused_and_one_under_it_goes_through(house: House) -> None:
    world = await made.world(made.chain(START, OUTPUT))
    with pytest.raises(TooLarge, match=r"MB|bytes"):
        await house.start(world, {"text": "x" * 10_000_001})
    house.worker()
    run = await house.ended(await house.start(world, {"text": "é" * 4_000_000}))
    assert run.status == "succeeded"
    await check_invariants([run])


async def test_a_missing_field_is_named(house: House) -> None:
    world = await made.world(made.chain(START, OUTPUT))
    with pytest.raises(Invalid) as refused:
        await house.start(world, {"texxt": "hello"})
    assert any("text" in problem.place for problem in refused.value.problems)


async def test_unicode_names_and_values_come_back_as_they_went(house: House) -> None:
    names = ["Ärger mit Ümlauten", "工作流程 🚀", "مرحبا", "e\u0301 NFD", "👩‍👩‍👧"]
    house.worker()
    world = await made.world(made.chain(START, OUTPUT))
    for number, name in enumerate(names):
        row = {"name": "echo", "value": "{{ input.text }}"}
        echo = Node(id="echo", kind="set_fields", name=name, config={"fields": [row]})
        own = await made.published(world.by, made.chain(START, echo, OUTPUT), slug=f"flow-{number}")
        run = await house.ended(await house.start(own, {"text": name}))
        assert run.status == "succeeded", run.error
        assert run.output == {"echo": name}
