"""Writes the replay corpus anew; run by hand, when recorded answers had to change their form:

`python -m pytest tests/backend/runs/record_corpus.py`. What it writes is what later code is measured by: look at the diff.
"""

import subprocess

import pytest

from backend.approvals import service as approvals
from backend.core import db, queue, redis
from backend.runs.models import Run
from tests.backend.inference.conftest import models, shared_worker
from tests.backend.runs import corpus
from tests.backend.runs.stage import Stage, staged
from tests.conftest import forget_settings

__all__ = ["models", "shared_worker"]


async def test_record(
    sqlite_database: db.Database,
    redis_url: str,
    environment: pytest.MonkeyPatch,
    shared_worker: subprocess.Popen[bytes],
) -> None:
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)
    forget_settings()
    async with staged() as stage:
        for name, (diagram, given) in corpus.all_diagrams().items():
            try:
                run = await stage.start(diagram, given, slug=name[:60])
            except Exception as refused:  # noqa: BLE001 - a sample that is refused at the door makes no run
                print(f"{name}: {refused}")
                continue
            await corpus.write(name, await ended(stage, run), diagram)
    await queue.hang_up()
    await redis.client().aclose()


async def ended(stage: Stage, run: Run) -> Run:
    """Answer what it asks, and wait for what it waits for."""
    while run.finished_at is None:
        if run.status == "waiting_person":
            async with db.database().transaction() as session:
                asked = next(
                    one for one in await approvals.open_for(session, stage.by) if one.run_id == run.id
                )
                await approvals.decide(
                    session, stage.by, asked.id, verdict="approved", arguments_hash=asked.arguments_hash
                )
        run = await stage.play(run.id)
    return run
