"""What there is before the first workflow: templates to start from, and the schema of the diagram file."""

from typing import Any

from fastapi import APIRouter

from backend.identity.edge import CurrentPrincipal
from backend.workflows import schema, templates, views
from backend.workflows.schemas import TemplatePage, TemplatePublic

router = APIRouter()


@router.get("/templates")
async def list_(by: CurrentPrincipal) -> TemplatePage:
    """The gallery."""
    by.require("workflow.read")
    return TemplatePage(items=[views.template(template) for template in templates.all_()])


@router.get("/templates/{name}")
async def get(name: str, by: CurrentPrincipal) -> TemplatePublic:
    """One template with its diagram."""
    by.require("workflow.read")
    return views.template(templates.get(name), whole=True)


@router.get("/schema/diagram.json")
async def diagram_schema() -> dict[str, Any]:
    """JSON Schema of the diagram file, with the settings of every installed kind."""
    return schema.diagram_schema()
