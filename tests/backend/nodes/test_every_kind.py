"""What every kind must keep, shipped or installed: a new file under `kinds/` is tested by being there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from backend.nodes import registry
from backend.nodes.kind import Kind, Step
from backend.nodes.schemas import defaults, public
from tests.backend.nodes.fakes import FakeContext

KINDS = [pytest.param(kind, id=name) for name, kind in sorted(registry.all_kinds().items())]
SAVED: dict[str, Any] = json.loads(Path(__file__).with_name("saved_settings.json").read_text())
EFFECTS = {"read", "write", "external", "code", "money"}
WIDGETS = {
    "template", "expression", "code", "rules", "fields", "keyvalue", "labels", "cases", "secret", "model", "collection",
    "duration", "workflow", "roles", "agent", "tools", "json", "textarea", "file", "cron", "zone",
}  # fmt: skip

pytestmark = pytest.mark.usefixtures("environment")


def parts(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every property of the form, also of the entries of its lists."""
    named = [("Config", schema), *schema.get("$defs", {}).items()]
    return [
        (f"{owner}.{name}", part)
        for owner, shape in named
        for name, part in shape.get("properties", {}).items()
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_it_explains_itself(kind: Kind) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", kind.name)
    assert kind.help.split("\n")[0].endswith((".", ";")), "the module's docstring is the help on the palette"
    assert kind.title, "a title"
    assert re.fullmatch(r"[a-z0-9-]+", kind.icon), "the name of a Lucide icon"
    assert kind.effects <= EFFECTS
    assert kind.summary == "" or kind.summary in kind.config.model_fields


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_a_title_and_a_help(kind: Kind) -> None:
    schema = kind.config.model_json_schema()
    for place, part in parts(schema):
        # A title that is the same as that of the shape it refers to is left out of the schema.
        referred = schema.get("$defs", {}).get(part.get("$ref", "").rpartition("/")[2], {})
        assert part.get("title") or referred.get("title"), f"{kind.name}: {place} has no title"
        assert part.get("description"), f"{kind.name}: {place} has no description"


@pytest.mark.parametrize("kind", KINDS)
def test_its_form_can_be_drawn(kind: Kind) -> None:
    told = public(kind).model_dump(mode="json", by_alias=True)
    assert json.loads(json.dumps(told)) == told, "plain JSON, as it goes to the browser"
    for place, part in parts(told["schema"]):
        shapes = [part, part.get("items", {}), *part.get("anyOf", [])]
        widgets = {shape["widget"] for shape in shapes if "widget" in shape}
        known = any(key in shape for shape in shapes for key in ("type", "enum", "$ref", "anyOf"))
        assert widgets <= WIDGETS, f"{place}: unknown widget {widgets - WIDGETS}"
        assert known or widgets, f"{place}: neither type nor widget"


@pytest.mark.parametrize("kind", KINDS)
def test_a_fresh_node_is_valid_or_says_what_is_missing(kind: Kind) -> None:
    fresh = defaults(kind)
    try:
        kind.config.model_validate(fresh)
    except ValidationError as wrong:
        for error in wrong.errors():
            assert error["type"] in ("missing", "value_error"), error
            assert error["type"] == "value_error" or error["loc"][0] in kind.config.model_fields


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_settings_are_refused(kind: Kind) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        kind.config.model_validate(SAVED.get(kind.name, {}) | {"no_such_setting": 1})
    models = [kind.config, *(m for m in BaseModel.__subclasses__() if m.__module__ == kind.config.__module__)]
    assert all(model.model_config.get("extra") == "forbid" for model in models)


@pytest.mark.parametrize("kind", KINDS)
def test_its_ports_follow_from_its_settings(kind: Kind) -> None:
    ports = kind.ports.of(defaults(kind) | SAVED.get(kind.name, {}))
    assert len(set(ports)) == len(ports)
    assert "error" not in ports, "every node may have this port, so no kind declares it"
    assert kind.role in ("end", "note", "group") or ports, "a step leaves somewhere"
    assert kind.ports.each is None or kind.ports.each in kind.config.model_fields


def test_saved_settings_exist_for_every_shipped_kind() -> None:
    shipped = {
        name for name, kind in registry.all_kinds().items() if kind.play.__module__.startswith("backend.")
    }
    assert shipped == set(SAVED), (
        "add the settings of the new kind to saved_settings.json; never change old ones"
    )


@pytest.mark.parametrize("name", sorted(SAVED))
def test_saved_settings_still_load(name: str) -> None:
    kind = registry.all_kinds()[name]
    config = kind.config.model_validate(SAVED[name])
    assert kind.config.model_validate(config.model_dump(mode="json")) == config


@pytest.mark.parametrize("name", sorted(SAVED))
async def test_it_plays_alone_and_leaves_by_a_port_it_has(name: str) -> None:
    kind = registry.all_kinds()[name]
    context = FakeContext(
        input={"text": "I was charged twice", "name": "Ada", "amount": 7, "rows": [1, 2], "urgency": "low"},
        previous={"score": 9},
    )
    context.vectors = {"I was charged twice": [1.0, 0.0, 0.0], "The app does not start": [0.0, 1.0, 0.0]}
    context.inputs = {"before": {"kept": 1}}
    step = await kind.play(kind.config.model_validate(SAVED[name]), context)
    assert isinstance(step, Step)
    json.dumps(step.output, allow_nan=False)
    ports = kind.ports.of(SAVED[name])
    assert step.leave_by in ports or not ports
