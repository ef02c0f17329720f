"""Agents as a file that people keep beside their diagrams: YAML or JSON, applied again and again.

quadrille: 1
agents:
  - name: Ada
    from_role: research       # optional: a ready-made role fills what is not said
    goal: Find what is known about our competitors.
    model: openai:gpt-5
    capabilities: {research: 0.8}
"""

from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from backend.agents import ready_made, repository, service
from backend.agents.schemas import AgentChange, AgentCreate, AgentDetail, Applied, CapabilityWish, Name
from backend.core import source, texts
from backend.core.db import Session
from backend.core.errors import Problem
from backend.core.source import Path, Source, Unreadable
from backend.identity.principal import Principal
from backend.nodes.agent_profile import AgentProfile

VERSION = 1
MAX_AGENTS = 200


class Entry(AgentProfile):
    """One agent of a file: its profile, with its name and what it can beside it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Name
    from_role: str | None = None
    capabilities: tuple[CapabilityWish, ...] | None = None

    @field_validator("capabilities", mode="before")
    @classmethod
    def _long(cls, given: Any) -> Any:
        """`{research: 0.8}` is as good as a list of names with their proficiency."""
        if not isinstance(given, dict):
            return given
        return [{"name": name, "proficiency": value} for name, value in cast(dict[str, Any], given).items()]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    quadrille: int
    agents: list[Entry] = Field(max_length=MAX_AGENTS)


def read(text: str | bytes) -> list[Entry]:
    """The agents of a file; raises Unreadable with every problem and its line, column and path."""
    found = texts.parse(text)
    _require_head(found)
    try:
        return _File.model_validate(found.data).agents
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_input=False, include_context=False)
    problems = [_problem(found, error["loc"], error["type"], error["msg"]) for error in errors]
    raise Unreadable(problems[0].message, problems=problems)


def write(agents: list[AgentDetail]) -> str:
    """YAML that gives the same agents when it is applied."""
    return texts.to_yaml({"quadrille": VERSION, "agents": [_short(one) for one in agents]})


async def export(session: Session, by: Principal, ref: str = "") -> str:
    """One agent, or all that are not terminated, the oldest first."""
    by.require("workflow.read")
    if ref:
        return write([await service.get(session, by, ref)])
    found: list[AgentDetail] = []
    cursor: str | None = None
    while True:
        page = await service.list_(session, by, cursor=cursor, limit=service.MAX_PAGE)
        found += [await service.get(session, by, one.id) for one in page.items]
        if (cursor := page.next_cursor) is None:
            return write(found[::-1])


async def apply(session: Session, by: Principal, entries: list[Entry], reason: str = "") -> Applied:
    """Make the agents of a file, or give those of the same names a new version; all or none."""
    by.require("workflow.edit")
    done = Applied(created=[], changed=[], unchanged=[])
    for entry in entries:
        known = await repository.find(session, by.team_id, entry.name)
        if known is None or known.terminated_at is not None:
            await service.create(session, by, _creation(entry, reason))
            done.created.append(entry.name)
            continue
        wanted = AgentChange(
            profile=_profile(entry), capabilities=_capabilities(entry), reason=reason or "Applied from a file"
        )
        before = known.version  # the row is the same object afterwards
        changed = await service.change(session, by, known.id, wanted)
        (done.changed if changed.version > before else done.unchanged).append(entry.name)
    return done


def _creation(entry: Entry, reason: str) -> AgentCreate:
    return AgentCreate(
        name=entry.name,
        profile=_profile(entry).model_dump(mode="json"),
        capabilities=_capabilities(entry),
        reason=reason or "Applied from a file",
    )


def _profile(entry: Entry) -> AgentProfile:
    """What the file says, over what the named role says."""
    said = entry.model_dump(mode="json", include=set(AgentProfile.model_fields) & entry.model_fields_set)
    base = ready_made.get(entry.from_role).profile.model_dump(mode="json") if entry.from_role else {}
    return AgentProfile.model_validate(base | said)


def _capabilities(entry: Entry) -> list[CapabilityWish] | None:
    if entry.capabilities is not None:
        return list(entry.capabilities)
    return list(ready_made.get(entry.from_role).capabilities) if entry.from_role else None


def _short(agent: AgentDetail) -> dict[str, Any]:
    said = agent.profile.model_dump(mode="json", exclude_defaults=True)
    able = {one.name: one.stated for one in agent.capabilities}
    return {"name": agent.name} | said | ({"capabilities": able} if able else {})


def _require_head(found: Source) -> None:
    data: Any = found.data
    if not isinstance(data, dict) or cast(dict[str, Any], data).get("quadrille") != VERSION:
        told = "a file of agents is a mapping that begins with `quadrille: 1`."
        raise source.refused(told, "Begin the file with `quadrille: 1`.", found.mark(()))
    if "agents" not in data:
        raise source.refused("there are no agents in it.", "Add `agents:` with a list.", found.mark(()))


def _problem(found: Source, loc: Path, kind: str, told: str) -> Problem:
    if kind == "extra_forbidden":
        known = ", ".join(Entry.model_fields) if loc[:1] == ("agents",) else "quadrille, agents"
        message, fix = f"“{loc[-1]}” is not known here.", f"Remove it; known are {known}."
    elif kind == "missing":
        message, fix = f"“{loc[-1]}” is missing.", f"Add `{loc[-1]}: …`."
    else:
        message, fix = f"{told[:1].lower()}{told[1:]}.", "Correct the value."
    return source.problem(message, fix, found.mark(loc), loc)
