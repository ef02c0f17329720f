"""The models over HTTP."""

from fastapi import APIRouter

from backend.core import db
from backend.identity import secrets
from backend.identity.edge import CurrentPrincipal
from backend.inference import catalogue
from backend.inference.schemas import ModelKind, ModelPage

router = APIRouter(prefix="/api/v1", tags=["models"])


@router.get("/models")
async def list_models(by: CurrentPrincipal, kind: ModelKind | None = None) -> ModelPage:
    """What workflows can ask: embedded, offline and providers' models, and whether each would answer now."""
    by.require("workflow.read")
    async with db.database().reading() as session:
        names = await secrets.names(session, by)
    found = await catalogue.models(names, by.team_id)  # asks others: no transaction is open meanwhile
    return ModelPage(items=[one for one in found if kind in (None, one.kind)])
