"""C-25: runs that were stored by earlier code replay on this code with the same path and the same outputs."""

import pytest

from backend.core import db
from backend.engine.writer import open_writer
from tests.backend.runs import corpus
from tests.backend.runs.stage import outputs, staged
from tests.backend.runs.test_replay import close_everything

pytestmark = pytest.mark.db


async def test_every_stored_run_replays_alike(
    sqlite_database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = sorted(corpus.FOLDER.glob("*.json"))
    assert len(files) >= 20
    close_everything(monkeypatch)
    writer = await open_writer(sqlite_database)
    async with staged() as stage:
        for file in files:
            run, stored = await corpus.read(file, stage.by, writer)
            replayed = await stage.replay(run)
            told = f"{file.stem}: {replayed.diverged} {replayed.error}"
            assert replayed.diverged is None, told
            assert (replayed.status, replayed.output) == (run.status, run.output), told
            steps = {f"{s['path']}/{s['node_id']}".removeprefix("/"): s["output"] for s in stored["steps"]}
            assert dict.fromkeys(await outputs(replayed)) == dict.fromkeys(steps), told
    await writer.close()
