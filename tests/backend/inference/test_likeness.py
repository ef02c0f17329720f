"""Gates and fusions by likeness, with the real model: what means the same passes in other words, and what does not is held."""

from collections.abc import AsyncIterator

import pytest

from backend.core import db
from backend.engine import signals as _signals  # noqa: F401 - all tables in one metadata
from backend.workflows.diagram import Node
from tests.backend.runs.stage import Stage, drawn, outputs, staged

pytestmark = [pytest.mark.openvino, pytest.mark.db, pytest.mark.redis]

OFFER = "Our offer: twelve chairs of oak at 49.90 each, delivered within two weeks."
NEAR = "We offer you a dozen oak chairs for 49.90 apiece, and deliver them in fourteen days."
FAR = "The cat slept on the warm roof all afternoon."


@pytest.fixture
async def stage(database: db.Database, worker: object) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found


async def test_a_near_text_passes_the_gate_and_a_far_one_does_not(stage: Stage) -> None:
    config = {"by": "likeness", "likeness": {"references": ["A recipe for soup.", OFFER]}}
    gates = [
        Node(id=name, kind="quality_gate", config={"value": work, **config})
        for name, work in (("near", NEAR), ("far", FAR))
    ]
    ends = [
        Node(id=name, kind="set_fields", config={"fields": [{"name": "way", "value": name}]})
        for name in ("good", "bad")
    ]
    run = await stage.start(
        drawn(
            [*gates, *ends],
            "start>near",
            "start>far",
            "near.pass>good",
            "far.fail>bad",
            "good>output",
            "bad>output",
        )
    )
    assert run.status == "succeeded", run.error
    found = await outputs(run)
    assert (found["good"], found["bad"]) == ({"way": "good"}, {"way": "bad"})
    assert found["near"]["score"] > found["near"]["least"] > 0.3 > found["far"]["score"]
    assert f"like “{OFFER}”" in found["near"]["evidence"][0]["why"], "the nearest reference counts"
    replay = await stage.replay(run)
    assert (replay.status, replay.diverged) == ("succeeded", None)


async def test_what_most_say_in_other_words_is_fused(stage: Stage) -> None:
    says = {
        "one": "Your invoice was cancelled.",
        "two": "The parcel comes on Tuesday.",
        "three": "The package will arrive this Tuesday.",
    }
    branches = [
        Node(id=name, kind="set_fields", config={"fields": [{"name": "text", "value": text}]})
        for name, text in says.items()
    ]
    fuse = Node(
        id="fuse",
        kind="fuse",
        config={"by": "likeness", "field": "text", "order": [{"name": "one"}], "least": 3},
    )
    wires = [wire for name in says for wire in (f"start>{name}", f"{name}>fuse")]
    run = await stage.start(drawn([*branches, fuse], *wires, "fuse>output"))
    assert run.status == "succeeded", run.error
    found = (await outputs(run))["fuse"]
    assert found["from"] in ("two", "three"), "the most trusted one stands alone with what it says"
    assert found["value"] == says[found["from"]]
    assert found["likeness"]["one"] == min(found["likeness"].values()) < found["score"]
