"""The worker's context: what one try reads of its team."""

import pytest

from backend.core import db
from backend.core.errors import NotFound
from backend.engine.ports import Scope, StepId
from backend.identity import repository as identity
from backend.identity import secrets
from backend.runs import starting
from backend.worker import context
from tests.backend.runs.stage import drawn, staged, text

pytestmark = pytest.mark.db


async def test_a_try_reads_a_secret_once_in_a_while_also_one_that_is_not_there(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, found = list[str](), identity.secret

    async def counted(session: db.Session, team_id: str, name: str) -> object:
        asked.append(name)
        return await found(session, team_id, name)

    monkeypatch.setattr(identity, "secret", counted)
    async with staged() as stage:
        run = await stage.start(drawn([text("say")], "start>say", "say>output"))
        async with database.transaction() as session:
            await secrets.put(session, stage.by, "KEY", "first")
        async with database.transaction() as session:
            again = await starting.start(session, stage.by, workflow_id=run.workflow_id, input={})
        node = drawn([text("say")]).nodes[1]
        tried = context.context(await stage.claimed(again.id), node, StepId("say"), 1, Scope({}, {}))
        asked.clear()
        monkeypatch.setattr(context, "SECRET_SECONDS", 600.0)
        assert [await tried.secret("KEY") for _ in range(3)] == ["first"] * 3
        for _ in range(3):
            with pytest.raises(NotFound):
                await tried.secret("OTHER")
        assert asked == ["KEY", "OTHER"]
        async with database.transaction() as session:
            await secrets.put(session, stage.by, "KEY", "second")
        monkeypatch.setattr(context.time, "monotonic", lambda: float("inf"))
        assert await tried.secret("KEY") == "second"
