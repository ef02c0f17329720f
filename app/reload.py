"""`make dev`: builds the pages again and starts the processes again when their code changes."""

import asyncio

from watchfiles import awatch

from app import build
from app.places import ROOT
from app.supervisor import Child
from backend.core import log

logger = log.get(__name__)
_WATCHED = ("app", "backend", "frontend", "assets")


async def reload_on_change(children: list[Child], stopping: asyncio.Event) -> None:
    """Until `stopping`: on each change, build what is stale, then end every child; the supervisor starts it anew."""
    async for changes in awatch(*(ROOT / folder for folder in _WATCHED), stop_event=stopping):
        logger.info("code changed", files=sorted({path for _, path in changes})[:5])
        try:
            await asyncio.to_thread(build.build)
        except build.BuildFailed as error:
            logger.warning("the pages do not build; the last good ones stay", reason=str(error))
            continue
        await asyncio.gather(*(child.stop() for child in children))
        logger.info("started anew with the changed code")
