"""The evaluation set that comes with a workflow from a template; its cases name the template's samples."""

from typing import Any

from backend.core.db import Session
from backend.evaluation import service
from backend.evaluation.schemas import CaseWish, SetWish
from backend.identity.principal import Principal
from backend.workflows import templates
from backend.workflows.models import Workflow
from backend.workflows.templates import Template


def wish(template: Template) -> SetWish | None:
    """The set, with the samples put in; None for a template that has none."""
    told: dict[str, Any] | None = template.evaluation
    if told is None:
        return None
    return SetWish.model_validate(told | {"cases": [_case(template, one) for one in told["cases"]]})


@templates.when_taken
async def add(session: Session, by: Principal, workflow: Workflow, template: Template) -> None:
    """Make it."""
    found = wish(template)
    if found is not None:
        await service.create(session, by, workflow.id, found)


def _case(template: Template, told: dict[str, Any]) -> CaseWish:
    sample = told["sample"]
    plain = {name: told[name] for name in told if name != "sample"}
    return CaseWish.model_validate({"name": sample, "input": template.diagram.samples[sample]} | plain)
