"""The kinds of nodes over HTTP, and what expressions give for data at hand."""

from fastapi import APIRouter

from backend.core.errors import NotFound
from backend.identity import limiter
from backend.identity.edge import CurrentPrincipal
from backend.nodes import fitting, registry, schedule_preview, turns
from backend.nodes import preview as trying
from backend.nodes.schemas import PALETTE, KindPublic, public

router = APIRouter(prefix="/api/v1", tags=["kinds"])


class NoSuchKind(NotFound):
    """No kind of that name is installed."""

    code = "no_such_kind"


@router.get("/kinds", response_model_by_alias=True)
async def list_kinds(by: CurrentPrincipal) -> list[KindPublic]:
    """Every kind that diagrams may use here, with the JSON Schema of its settings."""
    by.require("workflow.read")
    kinds = sorted(registry.all_kinds().values(), key=lambda kind: (PALETTE.index(kind.group), kind.title))
    return [public(kind) for kind in kinds]


@router.post("/kinds/{name}/fit")
async def fit(name: str, worn: fitting.Worn, by: CurrentPrincipal) -> fitting.Fitted:
    """What a node's settings become when it takes this kind as it is installed here; changes nothing."""
    by.require("workflow.read")
    kind = registry.all_kinds().get(name)
    if kind is None:
        raise NoSuchKind(f"No kind is called “{name}” here.", fix="Ask GET /kinds for those that are.")
    return fitting.fit(worn, kind)


@router.post("/expressions/preview")
async def preview(wanted: trying.Previewed, by: CurrentPrincipal) -> trying.PreviewPage:
    """What expressions and templates give for the data that comes along, or where they are wrong; nothing is stored."""
    by.require("workflow.edit")
    await limiter.require("preview", by.account_id)
    async with turns.of(by.account_id):
        return await trying.of(wanted)


@router.post("/schedules/preview")
async def preview_schedule(
    wanted: schedule_preview.Tried, by: CurrentPrincipal
) -> schedule_preview.NextTimes:
    """When a line of cron would begin a run next in a time zone, or what is wrong with it; nothing is stored."""
    by.require("workflow.edit")
    await limiter.require("preview", by.account_id)
    return schedule_preview.of(wanted)
