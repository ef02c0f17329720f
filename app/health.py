"""Health pages for load balancers and people, and the figures for Prometheus."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import figures
from backend.core import db, redis
from backend.core.errors import SignInNeeded
from backend.core.settings import settings
from backend.runs import alarms

router = APIRouter(tags=["health"])
State = Literal["ok", "degraded", "failing"]
_PATIENCE_SECONDS = 3.0
_THIS_MACHINE = frozenset({"127.0.0.1", "::1"})
_LOW_DISK_BYTES = 500_000_000


class Check(BaseModel):
    """One thing we depend on."""

    state: State
    message: str


class Health(BaseModel):
    """The worst of its checks."""

    state: State
    checks: dict[str, Check]


@router.get("/health/live", summary="The process answers")
async def live() -> Health:
    """Says nothing about what the process depends on: restarting it would not mend that."""
    return Health(state="ok", checks={})


@router.get("/health/ready", summary="Requests can be served")
async def ready(response: Response) -> Health:
    """503 while the database does not answer or is not migrated."""
    return await _answer(response, database=_database)


@router.get("/health/deep", summary="Everything we depend on")
async def deep(response: Response) -> Health:
    """The database, Redis (disposable: its loss degrades only), a live worker, and room on the disk."""
    return await _answer(response, database=_database, redis=_redis, workers=_workers, disk=_disk)


@router.get("/metrics", summary="Figures for Prometheus", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Text in Prometheus' format, for the operator: it tells what people here do, if only in numbers."""
    if not _may_measure(request):
        raise SignInNeeded(
            "These figures are for the operator.", fix="Send QUADRILLE_METRICS_TOKEN as a Bearer token."
        )
    return Response(generate_latest() + await figures.text(), media_type=CONTENT_TYPE_LATEST)


def _may_measure(request: Request) -> bool:
    if token := settings().metrics_token.get_secret_value():
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return compare_digest(given.encode(), token.encode())
    direct = not {"x-forwarded-for", "forwarded", "x-real-ip"} & set(request.headers)
    return direct and request.client is not None and request.client.host in _THIS_MACHINE


async def _answer(response: Response, **checks: Callable[[], Awaitable[Check]]) -> Health:
    results = await asyncio.gather(*(_in_time(check) for check in checks.values()))
    found = dict(zip(checks, results, strict=True))
    states = {check.state for check in found.values()}
    worst: State = "failing" if "failing" in states else "degraded" if "degraded" in states else "ok"
    if worst == "failing":
        response.status_code = 503
    return Health(state=worst, checks=found)


async def _in_time(check: Callable[[], Awaitable[Check]]) -> Check:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await check()
    except TimeoutError:
        return Check(state="failing", message=f"No answer within {_PATIENCE_SECONDS:.0f} seconds.")


async def _database() -> Check:
    try:
        async with db.database().reading() as session:
            connection = await session.connection()
            revision = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    except (SQLAlchemyError, OSError) as error:
        return Check(state="failing", message=f"The database does not answer: {type(error).__name__}.")
    return Check(state="ok", message=f"Migration {revision}.")


async def _redis() -> Check:
    try:
        await redis.client().ping()  # pyright: ignore[reportGeneralTypeIssues] - typed for sync and async at once
    except (RedisError, OSError) as error:
        return Check(state="degraded", message=f"Redis does not answer: {type(error).__name__}. Runs go on.")
    return Check(state="ok", message="Redis answers.")


async def _workers() -> Check:
    try:
        async with db.database().reading() as session:
            found = await alarms.standing(session)
    except (SQLAlchemyError, OSError) as error:
        return Check(state="failing", message=f"The database does not answer: {type(error).__name__}.")
    for alarm in alarms.raised(found):
        return Check(state="degraded", message=f"{alarm.message} {alarm.fix}")
    waiting = f"the oldest for {found.oldest_queued_seconds:.0f} s" if found.queued else "none"
    return Check(state="ok", message=f"{found.workers} alive; {found.queued} runs queued, {waiting}.")


async def _disk() -> Check:
    free = shutil.disk_usage(settings().data_dir).free
    state: State = "ok" if free > _LOW_DISK_BYTES else "degraded"
    return Check(state=state, message=f"{free / 1e9:.1f} GB free in the data folder.")
