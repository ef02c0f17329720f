"""Invitations by link: the first owner's, printed at the start, and those of members for others."""

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from backend.core import clock, ids
from backend.core.db import Session
from backend.core.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from backend.core.settings import settings
from backend.identity import accounts, audit, passwords, repository, tokens
from backend.identity.models import Account, Invitation, Member, Team
from backend.identity.permissions import Role, known, within
from backend.identity.principal import Principal

OWNER_LINK_LIVES = timedelta(minutes=30)
INVITATION_LIVES = timedelta(days=7)


class LinkUseless(NotFound):
    """The link was used, withdrawn, has expired, or never was one: all look the same."""

    code, title = "link_useless", "This link does not work any more"


@dataclass(frozen=True)
class Newcomer:
    """Who wants to join, before anything about them is believed."""

    email: str
    name: str
    password: str


@dataclass(frozen=True)
class Preview:
    """What a link offers."""

    team_name: str
    roles: tuple[Role, ...]
    email: str
    first_owner: bool


async def owner_link(session: Session) -> str | None:
    """A fresh one-time link for the first owner, or None once there is an owner; earlier links end."""
    team = await repository.first_team(session)
    if team is None:
        team = Team(id=ids.new("team"), name="Our team", created_at=clock.now())
        session.add(team)
        await session.flush()
    elif any("owner" in member.roles for member, _ in await repository.members(session, team.id)):
        return None
    await repository.delete_owner_invitations(session, team.id)
    _, token = await _made(session, team.id, ("owner",), "", None)
    return join_url(token)


async def invite(
    session: Session, by: Principal, *, roles: tuple[Role, ...], email: str = ""
) -> tuple[Invitation, str]:
    """A link that lets one person join the caller's team with these roles, and its row."""
    by.require("member.manage")
    require_grantable(by, roles)
    address = accounts.normal(email)
    row, token = await _made(session, by.team_id, roles, address, by.account_id)
    await audit.record(session, by, "member.invited", row.id, {"roles": list(roles)})
    return row, join_url(token)


async def invitations(session: Session, by: Principal) -> list[Invitation]:
    """The links of the caller's team that still work."""
    by.require("member.manage")
    return await repository.open_invitations(session, by.team_id, clock.now())


async def withdraw(session: Session, by: Principal, invitation_id: str) -> None:
    """Make a link useless."""
    by.require("member.manage")
    if not await repository.delete_invitation(session, by.team_id, invitation_id):
        raise NotFound("There is no such open invitation in your team.")
    await audit.record(session, by, "invitation.withdrawn", invitation_id)


async def preview(session: Session, token: str) -> Preview:
    """What the link offers; raises LinkUseless."""
    row = await _open(session, token)
    team = await repository.team(session, row.team_id)
    return Preview(team.name if team else "", known(row.roles), row.email, first_owner=row.invited_by is None)


async def join(
    session: Session, token: str, newcomer: Newcomer, *, team_name: str = ""
) -> tuple[Account, Member]:
    """Use the link: make the person and their place in the team."""
    if found := passwords.problems(newcomer.password, email=newcomer.email):
        raise Invalid(found[0].message, problems=found)
    # Hashing takes long: it comes before the first query, which is where SQLite's write lock begins.
    stored = await passwords.hashed(newcomer.password)
    row = await _open(session, token)
    _require_addressee(row, newcomer.email)
    account = accounts.new(
        team_id=row.team_id, email=newcomer.email, name=newcomer.name, password_hash=stored
    )
    return account, await enter(session, row, account, team_name=team_name)


async def accept(session: Session, by: Principal, token: str) -> tuple[Account, Member]:
    """Use the link as somebody who already has an account here."""
    account = await repository.account(session, by.account_id)
    if account is None or by.via != "session":
        raise NotAllowed("Only a signed-in person can accept an invitation.")
    row = await _open(session, token)
    _require_addressee(row, account.email)
    if any(m.team_id == row.team_id for m in await repository.memberships(session, account.id)):
        raise Conflict("You are a member of this team already.")
    return account, await enter(session, row, account)


async def by_token(session: Session, token: str) -> Invitation:
    """The invitation behind a link; raises LinkUseless."""
    return await _open(session, token)


async def enter(session: Session, row: Invitation, account: Account, *, team_name: str = "") -> Member:
    """Spend the invitation on this person, new or known; of two at once, one wins."""
    if not await repository.use_invitation(session, row.id, clock.now()):
        raise LinkUseless("This link was used already.", fix="Ask for a new one.")
    if await repository.account(session, account.id) is None:
        await _require_free(session, account.email)
        session.add(account)
        await session.flush()
    member = accounts.membership(account, row.team_id, row.roles)
    session.add(member)
    await session.flush()
    by = accounts.as_principal(account, member)
    if row.invited_by is None and team_name.strip():
        await rename(session, by, team_name)
    await audit.record(session, by, "member.joined", member.id, {"roles": row.roles})
    return member


async def rename(session: Session, by: Principal, name: str) -> Team:
    """Give the caller's team another name."""
    by.require("member.manage")
    shown = " ".join(name.split())
    if not 1 <= len(shown) <= 80:
        raise Invalid(
            "A team's name has 1 to 80 characters.",
            problems=[Problem("A team's name has 1 to 80 characters.", "name", "Choose another name.")],
        )
    team = await repository.team(session, by.team_id)
    if team is None:
        raise NotFound("Your team does not exist any more.")
    team.name = shown
    session.add(team)
    await audit.record(session, by, "team.renamed", team.id)
    return team


def require_grantable(by: Principal, roles: tuple[Role, ...]) -> None:
    """Raise unless the caller may give these roles to others: never more than they hold themselves."""
    if not roles:
        problem = Problem("A member needs at least one role.", "roles", "Choose one.")
        raise Invalid(problem.message, problems=[problem])
    if not within(roles, by.roles):
        raise NotAllowed("You cannot give roles that permit more than your own.", fix="Ask an owner.")


def join_url(token: str) -> str:
    """The address of a link."""
    return f"{settings().resolved_public_url()}/join/{token}"


async def _made(
    session: Session, team_id: str, roles: tuple[Role, ...], email: str, invited_by: str | None
) -> tuple[Invitation, str]:
    token, now = tokens.new(), clock.now()
    row = Invitation(
        id=ids.new("inv"),
        team_id=team_id,
        token_hash=tokens.hashed(token),
        email=email,
        roles=cast(list[str], list(roles)),
        invited_by=invited_by,
        created_at=now,
        expires_at=now + (INVITATION_LIVES if invited_by else OWNER_LINK_LIVES),
    )
    session.add(row)
    await session.flush()
    return row, token


async def _open(session: Session, token: str) -> Invitation:
    row = await repository.invitation_by_hash(session, tokens.hashed(token)) if token else None
    if row is None or row.used_at is not None or clock.now() >= row.expires_at:
        fix = "Ask whoever sent it for a new one; the first owner's link is printed again at each start."
        raise LinkUseless("This link was used, has expired, or was withdrawn.", fix=fix)
    return row


def _require_addressee(row: Invitation, email: str) -> None:
    if row.email and row.email != accounts.normal(email):
        raise NotAllowed("This invitation is for another e-mail address.", fix=f"Use {row.email}.")


async def _require_free(session: Session, email: str) -> None:
    if await repository.account_by_email(session, email) is not None:
        raise Conflict(
            "There is an account with this e-mail address already.",
            fix="Sign in with it first, then open the link again.",
        )
