"""The FastAPI application: every domain's router, the error handler, and the health pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.routing import BaseRoute, Match, Mount
from starlette.types import Scope

from app import health, problems
from backend.agents import endpoints as agents
from backend.approvals import endpoints as approvals
from backend.core import db, redis, sandbox
from backend.core.errors import NotFound
from backend.dead_letters import endpoints as dead_letters
from backend.evaluation import endpoints as evaluation
from backend.identity import endpoints as identity
from backend.identity import standing
from backend.inference import endpoints as inference
from backend.knowledge import endpoints as knowledge
from backend.monitoring import endpoints as monitoring
from backend.nodes import endpoints as nodes
from backend.notifications import endpoints as notifications
from backend.planning import endpoints as planning
from backend.planning.watching import endpoints as plan_watching
from backend.runs import endpoints as runs
from backend.runs import hub as stream_hub
from backend.tool_servers import endpoints as tool_servers
from backend.workflows import endpoints as workflows

DOMAINS = (
    runs,
    workflows,
    identity,
    notifications,
    inference,
    knowledge,
    nodes,
    approvals,
    dead_letters,
    monitoring,
    agents,
    planning,
    plan_watching,
    tool_servers,
    evaluation,
)
"""In the order in which an address is looked for: what programs ask most often first."""
PREFIX = "/api/v1"


def api() -> FastAPI:
    """The API with everything on it; Reflex is mounted below it, so that unknown paths reach the pages."""
    app = FastAPI(
        title="Quadrille",
        version="1",
        summary="Workflows of agents, run durably.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
    )
    problems.install(app)
    app.include_router(health.router)
    for router in routers():
        app.include_router(router)
    app.add_api_route("/api/{path:path}", nowhere, methods=_ALL, include_in_schema=False)
    return app


_ALL = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def routers() -> list[APIRouter]:
    """The `router` of every domain; named above, so that the import contracts see what the web process loads."""
    return [domain.router for domain in DOMAINS]


async def nowhere(request: Request, path: str) -> Response:
    """Answer unknown API paths as problem details instead of the pages' not-found page."""
    others = [
        r
        for r in request.app.routes
        if getattr(r, "endpoint", None) is not nowhere and not isinstance(r, Mount)
    ]
    allowed = [m for m in _ALL if any(_leads(route, {**request.scope, "method": m}) for route in others)]
    if allowed:
        return problems.wrong_method(request, allowed)
    raise NotFound(f"There is nothing at /api/{path}.", fix=f"{PREFIX}/openapi.json lists every address.")


def _leads(route: BaseRoute, scope: Scope) -> bool:
    return route.matches(scope)[0] is Match.FULL


@asynccontextmanager
async def living() -> AsyncIterator[None]:
    """Runs for as long as the web process lives; Reflex does not enter FastAPI's own lifespan."""
    async with stream_hub.serving(), standing.listening():
        yield
    sandbox.close()
    await db.database().close()
    await redis.client().aclose()
