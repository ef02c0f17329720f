"""Every shipped template can be played as it is, with the kinds that are shipped."""

import pytest

from backend.core import forms
from backend.evaluation import from_template
from backend.evaluation import registry as registry_of_metrics
from backend.nodes import fields, registry
from backend.workflows import check, file, file_write, templates
from backend.workflows.templates import Template


def all_templates() -> list[Template]:
    return list(templates.all_())


@pytest.fixture(params=all_templates(), ids=lambda t: t.name)
def template(request: pytest.FixtureRequest) -> Template:
    return request.param


def test_the_story_begins_with_support_triage() -> None:
    assert templates.all_()[0].name == "support-triage"
    assert len(templates.all_()) >= 4


def test_it_has_no_problem_at_all(template: Template, shipped_kinds: None) -> None:
    assert check.problems(template.diagram, registry.all_kinds(), set()) == []


def test_it_says_what_it_is(template: Template) -> None:
    assert template.diagram.description.endswith(".")
    assert template.tags
    assert "good" in template.diagram.samples
    assert len(template.diagram.samples) >= 2


def test_its_samples_fit_the_form_of_its_start(template: Template, shipped_kinds: None) -> None:
    start = next(node for node in template.diagram.nodes if node.kind == "start")
    config = registry.all_kinds()["start"].config.model_validate(start.config)
    schema = fields.schema_of(config.fields)  # type: ignore[attr-defined]
    for name, sample in template.diagram.samples.items():
        refused = bool(forms.problems(schema, sample, "input"))
        assert refused == name.startswith("refused"), name


def test_it_brings_an_evaluation_set_of_all_its_samples(template: Template, shipped_kinds: None) -> None:
    wish = from_template.wish(template)
    assert wish is not None
    assert {case.name for case in wish.cases or []} == set(template.diagram.samples)
    for case in wish.cases or []:
        registry_of_metrics.require(case.checks, case.name)
        assert case.checks or case.expected is not None or case.ends == "refused"


def test_it_survives_export_and_import(template: Template) -> None:
    assert file.read(file_write.to_yaml(template.diagram)) == template.diagram


def test_no_node_lies_on_another(template: Template) -> None:
    """Cards are about 220 by 90; containers may hold their own body only."""
    spots = [
        (n.parent, n.position.x, n.position.y, *(n.size or (220, 90)), n.id) for n in template.diagram.nodes
    ]
    for parent, x, y, width, height, node_id in spots:
        for other_parent, other_x, other_y, other_width, other_height, other in spots:
            if node_id < other and parent == other_parent:
                apart = (
                    x + width <= other_x
                    or other_x + other_width <= x
                    or y + height <= other_y
                    or other_y + other_height <= y
                )
                assert apart, f"{node_id} lies on {other}"


def test_wires_lead_to_the_right(template: Template) -> None:
    at = {node.id: node.position.x for node in template.diagram.nodes}
    states = {node.id for node in template.diagram.nodes if node.kind == "state"}  # they may come back
    forward = [wire for wire in template.diagram.wires if wire.source not in states]
    backward = [wire.key for wire in forward if at[wire.target] <= at[wire.source]]
    assert not backward
