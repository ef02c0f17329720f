"""What people add to the list of runs, over HTTP: tags, and the views that they keep."""

from fastapi import APIRouter, Request

from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession
from backend.runs import body, kept_views, tags
from backend.runs.kept_views import KeepView, ViewPage, ViewPublic
from backend.runs.tags import Tags

router = APIRouter()


@router.get("/runs/{run_id}/tags")
async def get_tags(run_id: str, session: ReadSession, by: CurrentPrincipal) -> Tags:
    """The tags of a run."""
    return await tags.get(session, by, run_id)


@router.put("/runs/{run_id}/tags", openapi_extra=body.documented(Tags, required=True))
async def put_tags(run_id: str, request: Request, session: WriteSession, by: CurrentPrincipal) -> Tags:
    """These tags and no others."""
    return await tags.put(session, by, run_id, (await body.read(request, Tags)).tags)


@router.get("/run-views")
async def views(session: ReadSession, by: CurrentPrincipal) -> ViewPage:
    """The filters that you keep, and those that others share."""
    return ViewPage(items=await kept_views.list_(session, by))


@router.post("/run-views", status_code=201, openapi_extra=body.documented(KeepView, required=True))
async def keep_view(request: Request, session: WriteSession, by: CurrentPrincipal) -> ViewPublic:
    """Keep a filter under its name; your own of that name is replaced."""
    return await kept_views.keep(session, by, await body.read(request, KeepView))


@router.delete("/run-views/{view_id}", status_code=204)
async def drop_view(view_id: str, session: WriteSession, by: CurrentPrincipal) -> None:
    """Forget a filter of your own."""
    await kept_views.drop(session, by, view_id)
