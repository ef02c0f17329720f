"""Before a run starts: every agent that a diagram names is there and can work; else the node and the fix are named."""

from collections.abc import Iterable

from backend.agents import repository
from backend.core.db import Session
from backend.core.errors import Problem

Named = tuple[str, str, str, str]
"""A node's id, what people call it, the place in its settings, and the agent that is named there."""


async def problems(session: Session, team_id: str, named: Iterable[Named]) -> list[Problem]:
    """One for each place that names an agent which cannot be asked."""
    wanted = list(named)
    if not wanted:
        return []
    known = await repository.named(session, team_id, {name for *_, name in wanted})
    found: list[Problem] = []
    for node_id, label, place, name in wanted:
        agent = known.get(name)
        if agent is None:
            told = f"{label} names the agent “{name}”, and the team has none of that name."
            found.append(Problem(told, place, "Choose an agent of the team.", "no_such_agent", node_id))
        elif agent.terminated_at is not None:
            told = f"{label} names the agent “{name}”, which was terminated."
            found.append(Problem(told, place, "Choose another agent.", "agent_terminated", node_id))
        elif agent.problems:
            told = f"{label} names the agent “{name}”, which cannot work: {agent.problems[0]['message']}"
            fix = f"Mend the agent on its page. {agent.problems[0]['fix']}"
            found.append(Problem(told, place, fix, "agent_cannot_work", node_id))
    return found
