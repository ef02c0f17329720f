"""What Quadrille itself tells of runs and agents, in the transaction of what it tells of, where somebody listens."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from backend.engine import sql
from backend.engine.ports import NewEvent
from backend.engine.records import Commit, EventRow
from backend.engine.values import dumps
from backend.outgoing.news import payload
from backend.outgoing.topics import AGENTS, RUNS

Ask = Callable[[str, tuple[Any, ...]], Awaitable[Sequence[Any]]]

_RUN = frozenset({"run.started", "run.succeeded", "run.failed", "run.cancelled"})
_AGENT = {"agent.said": "call.completed", "tool.answered": "tool.completed"}
TOLD = _RUN | {*_AGENT}
_PARTS = ("who", "model", "tool", "call", "ok", "input_tokens", "output_tokens", "cost", "ms")


async def gather(ask: Ask, commits: Sequence[Commit]) -> None:
    """Give each commit what is told of it. Nobody is asked where nothing happened that could be told."""
    telling = [commit for commit in commits if any(event.kind in TOLD for event in commit.events)]
    for team_id in sorted({commit.team_id for commit in telling}):
        heard = {row[0] for row in await ask(sql.HEARD, (team_id, team_id))}
        for commit in telling if heard else ():
            if commit.team_id == team_id:
                commit.news = [row for n, e in enumerate(commit.events) if (row := _row(commit, e, n, heard))]


def _row(commit: Commit, event: NewEvent, number: int, heard: set[str]) -> EventRow | None:
    topic = RUNS if event.kind in _RUN else AGENTS
    if event.kind not in TOLD or topic not in heard:
        return None
    sort, about, data = _of_agent(event) if topic == AGENTS else _of_run(commit, event)
    data = {"type": sort, "run_id": commit.run_id, "workflow_id": commit.workflow_id, **data}
    event_id = f"evt_{commit.run_id}_{commit.first_seq + number}"
    told = payload(event_id, topic, about, sort, data, event.at or commit.at) | {"by": commit.run_id}
    return EventRow(event_id, topic, about, dumps(told), sort)


def _of_run(commit: Commit, event: NewEvent) -> tuple[str, str, dict[str, Any]]:
    error: Mapping[str, Any] = event.data.get("error") or {}
    return event.kind, commit.run_id, {"error": error} if error else {}


def _of_agent(event: NewEvent) -> tuple[str, str, dict[str, Any]]:
    """A model's answer or a tool's, without what was said."""
    data = {name: event.data[name] for name in _PARTS if event.data.get(name) is not None}
    node = event.step.node_id if event.step else ""
    sort = "tool.failed" if event.data.get("ok") is False else _AGENT[event.kind]
    return sort, str(event.data.get("who") or node), {"node_id": node, **data}
