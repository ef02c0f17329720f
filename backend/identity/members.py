"""Members of a team and their roles; a team never loses its last owner."""

from dataclasses import dataclass
from datetime import datetime

from backend.core.db import Session
from backend.core.errors import Conflict, NotAllowed, NotFound
from backend.identity import audit, audit_repository, joining, repository, sessions
from backend.identity.models import Account, Member
from backend.identity.permissions import Role, known, within
from backend.identity.principal import Principal


@dataclass(frozen=True)
class Listed:
    """A member as others see them."""

    id: str
    account_id: str
    name: str
    email: str
    roles: tuple[Role, ...]
    joined_at: datetime


async def list_(session: Session, by: Principal) -> list[Listed]:
    """Everybody in the caller's team: any member may know the others."""
    by.require("workflow.read")
    return [_listed(member, account) for member, account in await repository.members(session, by.team_id)]


async def names(session: Session, by: Principal) -> dict[str, str]:
    """What the accounts of the caller's team are called, by their ids."""
    by.require("workflow.read")
    return {account.id: account.name for _, account in await repository.members(session, by.team_id)}


async def change_roles(session: Session, by: Principal, member_id: str, roles: tuple[Role, ...]) -> Listed:
    """Give a member these roles instead of the ones they have."""
    by.require("member.manage")
    joining.require_grantable(by, roles)
    await audit_repository.lock(session, by.team_id)
    member, account = await _managed(session, by, member_id)
    before = list(member.roles)
    member.roles = list(known(list(roles)))
    session.add(member)
    await session.flush()
    await _require_an_owner(session, by.team_id)
    details = {"before": before, "after": member.roles}
    await audit.record(session, by, "member.roles_changed", member.id, details)
    return _listed(member, account)


async def remove(session: Session, by: Principal, member_id: str) -> None:
    """Take somebody out of the team; everybody may leave by themselves."""
    await audit_repository.lock(session, by.team_id)
    member, account = await _found(session, by, member_id)
    if account.id != by.account_id:
        by.require("member.manage")
        _require_not_above(by, member)
    await session.delete(member)
    await session.flush()
    await _require_an_owner(session, by.team_id)
    await sessions.end_in_team(session, account.id, by.team_id)
    await audit.record(session, by, "member.removed", member.id, {"account": account.id})


async def team_name(session: Session, by: Principal) -> str:
    """The name of the caller's team."""
    team = await repository.team(session, by.team_id)
    return team.name if team else ""


async def _found(session: Session, by: Principal, member_id: str) -> tuple[Member, Account]:
    rows = await repository.member(session, by.team_id, member_id)
    if rows is None:
        raise NotFound("There is no such member in your team.")
    return rows


async def _managed(session: Session, by: Principal, member_id: str) -> tuple[Member, Account]:
    member, account = await _found(session, by, member_id)
    _require_not_above(by, member)
    return member, account


def _require_not_above(by: Principal, member: Member) -> None:
    if not within(known(member.roles), by.roles):
        raise NotAllowed("This member's role permits more than yours.", fix="Ask an owner.")


async def _require_an_owner(session: Session, team_id: str) -> None:
    if not any("owner" in member.roles for member, _ in await repository.members(session, team_id)):
        raise Conflict("A team needs at least one owner.", fix="Make somebody else an owner first.")


def _listed(member: Member, account: Account) -> Listed:
    return Listed(member.id, account.id, account.name, account.email, known(member.roles), member.created_at)
