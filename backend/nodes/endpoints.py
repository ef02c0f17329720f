"""The kinds of nodes over HTTP."""

from fastapi import APIRouter

from backend.identity.edge import CurrentPrincipal
from backend.nodes import registry
from backend.nodes.schemas import PALETTE, KindPublic, public

router = APIRouter(prefix="/api/v1", tags=["kinds"])


@router.get("/kinds", response_model_by_alias=True)
async def list_kinds(by: CurrentPrincipal) -> list[KindPublic]:
    """Every kind that diagrams may use here, with the JSON Schema of its settings."""
    by.require("workflow.read")
    kinds = sorted(registry.all_kinds().values(), key=lambda kind: (PALETTE.index(kind.group), kind.title))
    return [public(kind) for kind in kinds]
