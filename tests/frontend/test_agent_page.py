"""An agent's page while others work on the same agent."""

from typing import Any

import pytest

from backend.agents import service as agents
from backend.agents.schemas import AgentCreate
from backend.agents.service import Outdated
from backend.core import db
from backend.workflows.diagram import Diagram, Node
from frontend.state.agent import Agent
from tests.backend.runs import made


async def test_nobody_saves_over_a_version_that_came_meanwhile(
    sqlite_database: db.Database, opened: Any
) -> None:
    world = await made.world(Diagram(name="Empty", nodes=(Node(id="start", kind="start"),)))
    async with db.database().transaction() as session:
        wish = AgentCreate(name="Critic", profile={"instructions": "Criticise."})
        agent = await agents.create(session, world.by, wish)
    address = {"at": "/agents/[agent_id]", "agent_id": agent.id}
    mine, theirs = opened(Agent, world.by, **address), opened(Agent, world.by, **address)
    await mine.load()
    await theirs.load()
    filled = theirs.filled
    await theirs.save(theirs.form | {"instructions": "Criticise kindly."})
    assert (theirs.form_of, theirs.form["instructions"]) == (2, "Criticise kindly.")
    assert theirs.filled == filled, "the fields stay, with what is typed meanwhile"
    await mine.refresh()
    assert (mine.version, mine.form_of, mine.form["instructions"]) == (2, 1, "Criticise.")
    with pytest.raises(Outdated):
        await mine.save(mine.form | {"goal": "Better texts"})
    await mine.load()
    assert (mine.form_of, mine.form["instructions"]) == (2, "Criticise kindly.")
