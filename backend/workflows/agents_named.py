"""Where diagrams name agents of the team, and whether those can be asked: looked at in the draft, and before a run starts."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlmodel import col, select

from backend.agents import checking
from backend.agents.checking import Named
from backend.core import json
from backend.core.db import Session
from backend.core.errors import Invalid, Problem
from backend.nodes.registry import all_kinds
from backend.workflows import calls, mentions
from backend.workflows.chart import label
from backend.workflows.diagram import Node
from backend.workflows.models import Version

WIDGET = "agent"


class CannotAsk(Invalid):
    """A node names an agent that cannot be asked; all problems are listed."""

    code, title = "cannot_ask_agent", "An agent cannot be asked"


def of(nodes: Iterable[Node]) -> Iterator[Named]:
    """Every place in these nodes that names an agent."""
    for node in nodes:
        if node.kind not in _kinds():
            continue
        for place, name, widget in mentions.parts(all_kinds()[node.kind], node):
            if widget == WIDGET and isinstance(name, str) and name.strip():
                yield node.id, label(node), f"nodes.{node.id}.config{place}", name


def of_plain(nodes: Iterable[Mapping[str, Any]]) -> Iterator[Named]:
    """The same of a version's nodes; only those are read that can name one."""
    return of(Node.model_validate(plain) for plain in nodes if plain["kind"] in _kinds())


async def problems(session: Session, team_id: str, nodes: Iterable[Node]) -> list[Problem]:
    """What is wrong with the agents that these nodes name."""
    return await checking.problems(session, team_id, of(nodes))


async def pinned(
    session: Session,
    version: Version,
    ids: Collection[str] | None = None,
    *,
    over: Collection[str] = (),
) -> dict[str, str] | None:
    """What `calls.of_part` gives, once every agent can be asked that the version, or a workflow it calls, names.

    Nodes that are `over` have asked theirs already.
    """
    nodes = [node for node in version.diagram.get("nodes", []) if ids is None or node["id"] in ids]
    nodes = [node for node in nodes if node["id"] not in over]
    called = await calls.of_part(session, version, ids)
    found = await checking.problems(session, version.team_id, of_plain(nodes))
    for diagram in await _diagrams(session, called) if called else ():
        found += await checking.problems(session, version.team_id, of_plain(diagram.get("nodes", [])))
    if found:
        raise CannotAsk(found[0].message, fix=found[0].fix, problems=found)
    return called


async def _diagrams(session: Session, called: Mapping[str, str]) -> Sequence[dict[str, Any]]:
    drawn: Any = Version.diagram
    query = select(drawn).where(col(Version.id).in_(set(called.values())))
    return (await session.exec(query)).all()


@lru_cache
def _kinds() -> frozenset[str]:
    """The kinds whose settings can name an agent."""
    kinds, marked = all_kinds(), f'"widget":"{WIDGET}"'
    return frozenset(n for n, kind in kinds.items() if marked in json.dumps(mentions.schema_of(kind.config)))
