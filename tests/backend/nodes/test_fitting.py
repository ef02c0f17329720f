"""Settings follow a node to a newer version of its kind, or to another kind, as far as they fit."""

from typing import Any

from pydantic import Field

from backend.nodes.fitting import FittedField, Worn, fit
from backend.nodes.kind import Kind, NodeConfig, NodeContext, Step


class Config(NodeConfig):
    text: str = Field(title="Text")
    times: int = Field(1, title="Times", ge=1)
    tone: str | None = Field(None, title="Tone")


async def play(config: Any, ctx: NodeContext) -> Step:
    raise NotImplementedError


def upgrade(old: dict[str, Any]) -> dict[str, Any]:
    return {"text": old["words"], "times": old.get("times", 1)}


SAY = Kind("say", "Say", "Flow", "box", Config, play, version=3, upgrade=upgrade)


def test_an_older_node_goes_through_the_kind_s_own_upgrade() -> None:
    found = fit(Worn(kind="say", kind_version=1, config={"words": "Hello", "times": 2}), SAY)
    assert (found.kind_version, found.config, found.missing) == (3, {"text": "Hello", "times": 2}, [])
    assert found.changes == [
        FittedField(name="words", title="words", before="Hello", after=None),
        FittedField(name="text", title="Text", before=None, after="Hello"),
    ]


def test_a_node_of_another_kind_keeps_what_fits_and_is_told_what_is_missing() -> None:
    found = fit(Worn(kind="shout", config={"times": 0, "tone": "warm", "colour": "red"}), SAY)
    assert (found.config, found.missing) == ({"tone": "warm"}, ["Text"])
    assert [(c.name, c.after) for c in found.changes] == [("times", None), ("colour", None)]


def test_a_node_from_the_future_keeps_what_this_version_takes() -> None:
    found = fit(Worn(kind="say", kind_version=9, config={"text": "Hello", "new": 1}), SAY)
    assert (found.kind_version, found.config) == (3, {"text": "Hello"})
