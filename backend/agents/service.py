"""The agents of a team: made, changed by new versions, restored, terminated, and looked at."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from backend.agents import lifecycle, moving, public_ids, ready_made, repository, validation, view
from backend.agents.models import Agent, AgentCapability, AgentVersion
from backend.agents.proficiency import Evidence
from backend.agents.schemas import (
    AgentChange,
    AgentCreate,
    AgentDetail,
    AgentPage,
    CapabilityPage,
    CapabilityWish,
    VersionPage,
)
from backend.core import clock, json
from backend.core.db import Session
from backend.core.errors import Conflict, Invalid, NotFound, Problem
from backend.identity import audit, audit_repository, members
from backend.identity.principal import Principal
from backend.nodes.agent_profile import AgentProfile

MAX_PAGE = 200
SHOWN_TRANSITIONS = 20


class NameTaken(Conflict):
    """Another agent of the team has the name."""

    code, title = "agent_name_taken", "The name is taken"


class Outdated(Conflict):
    """Somebody else made a version meanwhile."""

    code, title = "agent_changed", "It was changed meanwhile"


async def list_(
    session: Session,
    by: Principal,
    *,
    cursor: str | None = None,
    limit: int = 50,
    with_terminated: bool = False,
) -> AgentPage:
    """A page of the team's agents, the newest first."""
    by.require("workflow.read")
    if cursor and not cursor.startswith(public_ids.PREFIX):
        problem = Problem(
            "The cursor is not one that a page gave.", "cursor", "Use `next_cursor` as it came."
        )
        raise Invalid(problem.message, problems=[problem])
    limit = min(max(limit, 1), MAX_PAGE)
    rows = await repository.page(session, by.team_id, cursor, limit + 1, with_terminated=with_terminated)
    items = [view.public(agent, profile) for agent, profile in rows[:limit]]
    return AgentPage(items=items, next_cursor=items[-1].id if len(rows) > limit else None)


async def get(session: Session, by: Principal, ref: str) -> AgentDetail:
    """One agent by id or name, with its present profile."""
    by.require("workflow.read")
    agent = await _found(session, by, ref)
    version = await _version(session, agent, agent.version)
    return AgentDetail(
        **view.public(agent, version.profile).model_dump(),
        profile=AgentProfile.model_validate(version.profile),
        capabilities=[view.capability(row) for row in await repository.capabilities(session, agent.id)],
        transitions=[
            view.transition(row) for row in await repository.transitions(session, agent.id, SHOWN_TRANSITIONS)
        ],
    )


async def create(session: Session, by: Principal, wish: AgentCreate) -> AgentDetail:
    """A new agent, validated at once: ready, or failed with the reasons."""
    by.require("workflow.edit")
    role = ready_made.get(wish.from_role) if wish.from_role else None
    base = role.profile.model_dump(mode="json") if role else {}
    profile = _profile(base | wish.profile)
    await audit_repository.lock(
        session, by.team_id
    )  # one at a time: the name is free, and the number is its own
    await _require_free(session, by, wish.name)
    now = clock.now()
    agent = Agent(
        id=public_ids.new(now, await repository.count(session, by.team_id) + 1),
        team_id=by.team_id,
        name=wish.name,
        role=profile.role,
        version=0,
        created_by=by.account_id,
        created_at=now,
        changed_at=now,
    )
    session.add(agent)
    await session.flush()
    await _add_version(session, by, agent, _Change(profile, wish.reason or "Made"))
    given = wish.capabilities if wish.capabilities is not None else (role.capabilities if role else [])
    await _state(session, agent, given)
    await moving.make_ready(session, agent, validation.problems(profile), "made")
    await audit.record(session, by, "agent.created", agent.id, {"name": agent.name, "role": agent.role})
    return await get(session, by, agent.id)


async def free_name(session: Session, by: Principal, wanted: str) -> str:
    """The name, with a number behind it where an agent has it already."""
    by.require("workflow.read")
    number, name = 1, wanted
    while (known := await repository.find(session, by.team_id, name)) and known.terminated_at is None:
        number += 1
        name = f"{wanted} {number}"
    return name


async def change(session: Session, by: Principal, ref: str, wish: AgentChange) -> AgentDetail:
    """A new version, from which every run that asks from now on works. The same profile again makes none."""
    by.require("workflow.edit")
    agent = await _held(session, by, ref)
    if wish.based_on is not None and wish.based_on != agent.version:
        raise Outdated(
            f"“{agent.name}” is at version {agent.version} now; yours began from {wish.based_on}.",
            fix="Look at the newest version and make your change there.",
            version=agent.version,
        )
    if wish.capabilities is not None:
        await _state(session, agent, wish.capabilities)
    present = await _version(session, agent, agent.version)
    if AgentProfile.model_validate(present.profile) != wish.profile:
        await _renew(session, by, agent, _Change(wish.profile, wish.reason))
    elif wish.capabilities is not None:
        await audit.record(session, by, "agent.changed", agent.id, {"capabilities": len(wish.capabilities)})
    return await get(session, by, agent.id)


async def restore(session: Session, by: Principal, ref: str, wanted: str, reason: str = "") -> AgentDetail:
    """A new version with the profile of an older one."""
    by.require("workflow.edit")
    agent = await _held(session, by, ref)
    older = await _version(session, agent, _number(wanted))
    number = older.number
    profile = AgentProfile.model_validate(older.profile)
    again = _Change(profile, reason or f"Version {number} again", restored_from=number)
    await _renew(session, by, agent, again)
    return await get(session, by, agent.id)


async def terminate(session: Session, by: Principal, ref: str, reason: str = "") -> AgentDetail:
    """It is asked never again; what it did stays. Its name is free for another."""
    by.require("workflow.edit")
    agent = await _held(session, by, ref)
    await moving.move(session, agent, "terminated", reason)
    agent.terminated_at = agent.changed_at = clock.now()
    await audit.record(session, by, "agent.terminated", agent.id, {"name": agent.name, "reason": reason})
    return await get(session, by, agent.id)


async def versions(session: Session, by: Principal, ref: str) -> VersionPage:
    """Every profile that the agent ever had."""
    by.require("workflow.read")
    agent = await _found(session, by, ref)
    names = await members.names(session, by)
    rows = await repository.versions(session, agent.id)
    return VersionPage(items=[view.version(row, names, agent.version) for row in rows])


async def capabilities(session: Session, by: Principal, ref: str) -> CapabilityPage:
    """What the agent can, with the evidence."""
    by.require("workflow.read")
    agent = await _found(session, by, ref)
    rows = await repository.capabilities(session, agent.id)
    return CapabilityPage(items=[view.capability(row) for row in rows])


def _profile(given: dict[str, Any]) -> AgentProfile:
    try:
        return AgentProfile.model_validate(given)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_input=False)
    problems = [
        Problem(f"{error['msg']}.", ".".join(["profile", *map(str, error["loc"])]), "Correct the value.")
        for error in errors
    ]
    raise Invalid(f"{problems[0].place}: {problems[0].message}", problems=problems)


class _Change(NamedTuple):
    """What the next version of an agent is, and why."""

    profile: AgentProfile
    reason: str
    restored_from: int | None = None


async def _renew(session: Session, by: Principal, agent: Agent, new: _Change) -> None:
    lifecycle.require(agent.name, agent.state, "initializing")
    await _add_version(session, by, agent, new)
    busy = await repository.has_open(session, agent.id)
    await moving.make_ready(session, agent, validation.problems(new.profile), new.reason or "changed")
    if busy and agent.state == "ready":
        await moving.move(session, agent, "executing", "its steps go on with the version they asked")
    action, about = "agent.changed", {"version": agent.version, "reason": new.reason}
    if new.restored_from is not None:
        action, about = "agent.restored", {**about, "from": new.restored_from}
    await audit.record(session, by, action, agent.id, about)


async def _add_version(session: Session, by: Principal, agent: Agent, new: _Change) -> None:
    kept = new.profile.model_dump(mode="json")
    json.require(kept, "profile")
    agent.version += 1
    agent.role, agent.changed_at = new.profile.role, clock.now()
    row = AgentVersion(
        agent_id=agent.id,
        number=agent.version,
        team_id=agent.team_id,
        profile=kept,
        reason=new.reason,
        restored_from=new.restored_from,
        created_by=by.account_id,
        created_at=agent.changed_at,
    )
    session.add_all((agent, row))
    await session.flush()


async def _state(session: Session, agent: Agent, wanted: Sequence[CapabilityWish]) -> None:
    """What somebody says that the agent can; evidence stays with what is still named."""
    known = {row.name: row for row in await repository.capabilities(session, agent.id, held=True)}
    stated = {one.name: one.proficiency for one in wanted}
    for name in known.keys() - stated.keys():
        await session.delete(known[name])
    for name, value in stated.items():
        row = known.get(name) or AgentCapability(
            agent_id=agent.id,
            name=name,
            team_id=agent.team_id,
            stated=value,
            proficiency=value,
            updated_at=clock.now(),
        )
        row.stated = value
        row.proficiency = Evidence(row.good, row.weight).proficiency(value)
        session.add(row)
    await session.flush()


async def _require_free(session: Session, by: Principal, name: str) -> None:
    known = await repository.find(session, by.team_id, name)
    if known is not None and known.terminated_at is None:
        raise NameTaken(
            f"There is an agent called “{name}” already.",
            fix="Choose another name, or change that agent.",
            agent_id=known.id,
        )


async def _found(session: Session, by: Principal, ref: str) -> Agent:
    if agent := await repository.find(session, by.team_id, ref):
        return agent
    raise _missing()


async def _held(session: Session, by: Principal, ref: str) -> Agent:
    if agent := await repository.locked(session, by.team_id, ref):
        return agent
    raise _missing()


def _number(wanted: str) -> int:
    """A number that the column can hold; 0, which no version has, for everything else."""
    return int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 10 else 0


async def _version(session: Session, agent: Agent, number: int) -> AgentVersion:
    if row := await repository.version(session, agent.id, number):
        return row
    raise NotFound(f"“{agent.name}” has no version {number}.", fix=f"The newest is {agent.version}.")


def _missing() -> NotFound:
    return NotFound("There is no such agent.", fix="Look at the list of agents.")
