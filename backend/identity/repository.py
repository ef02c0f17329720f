"""All queries of identity."""

from datetime import datetime
from typing import Any

import sqlalchemy
from sqlalchemy import Row, String, bindparam
from sqlmodel import col, delete, func, select, update

from backend.core.db import Session
from backend.identity.models import (
    Account,
    ApiKey,
    BrowserSession,
    Invitation,
    LinkedIdentity,
    Member,
    Secret,
    Team,
)


async def session_by_hash(session: Session, token_hash: str) -> tuple[BrowserSession, Account, Member] | None:
    """A browser session with its person, as long as that person is still a member of its team."""
    query = (
        select(BrowserSession, Account, Member)
        .join(Account, col(Account.id) == BrowserSession.account_id)
        .join(
            Member,
            (col(Member.account_id) == BrowserSession.account_id)
            & (col(Member.team_id) == BrowserSession.team_id),
        )
        .where(BrowserSession.token_hash == token_hash)
    )
    return (await session.exec(query)).first()


async def touch_session(session: Session, session_id: str, at: datetime) -> None:
    """Note that a browser was seen."""
    query = update(BrowserSession).where(col(BrowserSession.id) == session_id).values(last_seen_at=at)
    await session.exec(query)


async def sessions_of(session: Session, account_id: str) -> list[BrowserSession]:
    """The browsers of a person, newest first."""
    query = select(BrowserSession).where(BrowserSession.account_id == account_id)
    return list((await session.exec(query.order_by(col(BrowserSession.last_seen_at).desc()))).all())


async def delete_sessions(session: Session, ids: list[str]) -> None:
    """Sign these browsers out."""
    await session.exec(delete(BrowserSession).where(col(BrowserSession.id).in_(ids)))


async def key_by_public_id(session: Session, public_id: str) -> Row[Any] | None:
    """What an API key needs to be known by, with its maker's `name` and `makers` roles, as long as they are still a member."""
    return (await (await session.connection()).execute(_KEY, {"shown": public_id})).first()


_KEY = (
    sqlalchemy.select(
        *(column for column in sqlalchemy.inspect(ApiKey).local_table.c if column.name != "name"),
        col(Account.name),
        col(Member.roles).label("makers"),
    )
    .join(Account, col(Account.id) == ApiKey.account_id)
    .join(Member, (col(Member.account_id) == ApiKey.account_id) & (col(Member.team_id) == ApiKey.team_id))
    .where(ApiKey.public_id == bindparam("shown", type_=String))
)
"""Asked with every call; made once, since making it takes longer than asking it."""


async def touch_key(session: Session, key_id: str, at: datetime) -> None:
    """Note that a key was used."""
    await session.exec(update(ApiKey).where(col(ApiKey.id) == key_id).values(last_used_at=at))


async def keys_of(session: Session, team_id: str, account_id: str | None) -> list[ApiKey]:
    """The keys of a team, or only those of one person in it; newest first."""
    query = select(ApiKey).where(ApiKey.team_id == team_id)
    if account_id is not None:
        query = query.where(ApiKey.account_id == account_id)
    return list((await session.exec(query.order_by(col(ApiKey.created_at).desc()))).all())


async def key(session: Session, team_id: str, key_id: str) -> ApiKey | None:
    """One key of a team."""
    return (await session.exec(select(ApiKey).where(ApiKey.team_id == team_id, ApiKey.id == key_id))).first()


async def team(session: Session, team_id: str) -> Team | None:
    """One team."""
    return await session.get(Team, team_id)


async def first_team(session: Session) -> Team | None:
    """The oldest team: the one made at the first start."""
    return (await session.exec(select(Team).order_by(col(Team.created_at), col(Team.id)).limit(1))).first()


async def account(session: Session, account_id: str) -> Account | None:
    """One person."""
    return await session.get(Account, account_id)


async def account_by_email(session: Session, email: str) -> Account | None:
    """The person with this address, written as stored: lower case."""
    return (await session.exec(select(Account).where(Account.email == email))).first()


async def identity(session: Session, issuer: str, subject: str) -> LinkedIdentity | None:
    """An account at an OpenID provider."""
    query = select(LinkedIdentity).where(LinkedIdentity.issuer == issuer, LinkedIdentity.subject == subject)
    return (await session.exec(query)).first()


async def members(session: Session, team_id: str) -> list[tuple[Member, Account]]:
    """Everybody in a team, in the order of their names."""
    query = (
        select(Member, Account)
        .join(Account, col(Account.id) == Member.account_id)
        .where(Member.team_id == team_id)
        .order_by(func.lower(Account.name), col(Member.id))
    )
    return list((await session.exec(query)).all())


async def member(session: Session, team_id: str, member_id: str) -> tuple[Member, Account] | None:
    """One member of a team."""
    query = (
        select(Member, Account)
        .join(Account, col(Account.id) == Member.account_id)
        .where(Member.team_id == team_id, Member.id == member_id)
    )
    return (await session.exec(query)).first()


async def memberships(session: Session, account_id: str) -> list[Member]:
    """The teams of a person, oldest first."""
    query = select(Member).where(Member.account_id == account_id).order_by(col(Member.created_at))
    return list((await session.exec(query)).all())


async def invitation_by_hash(session: Session, token_hash: str) -> Invitation | None:
    """An invitation by the hash of its link."""
    return (await session.exec(select(Invitation).where(Invitation.token_hash == token_hash))).first()


async def use_invitation(session: Session, invitation_id: str, at: datetime) -> bool:
    """Mark an invitation used; False when somebody was faster."""
    query = (
        update(Invitation)
        .where(col(Invitation.id) == invitation_id, col(Invitation.used_at).is_(None))
        .values(used_at=at)
        .returning(col(Invitation.id))
    )
    return (await session.exec(query)).first() is not None


async def open_invitations(session: Session, team_id: str, at: datetime) -> list[Invitation]:
    """Links of a team that can still be used; newest first."""
    query = (
        select(Invitation)
        .where(Invitation.team_id == team_id, col(Invitation.used_at).is_(None), Invitation.expires_at > at)
        .order_by(col(Invitation.created_at).desc())
    )
    return list((await session.exec(query)).all())


async def delete_invitation(session: Session, team_id: str, invitation_id: str) -> bool:
    """Withdraw a link; False when there is none."""
    query = (
        delete(Invitation)
        .where(
            col(Invitation.team_id) == team_id,
            col(Invitation.id) == invitation_id,
            col(Invitation.used_at).is_(None),
        )
        .returning(col(Invitation.id))
    )
    return (await session.exec(query)).first() is not None


async def delete_owner_invitations(session: Session, team_id: str) -> None:
    """Withdraw the links that nobody invited: those of the first owner."""
    query = delete(Invitation).where(col(Invitation.team_id) == team_id, col(Invitation.invited_by).is_(None))
    await session.exec(query)


async def secrets(session: Session, team_id: str) -> list[Secret]:
    """The secrets of a team, still sealed, by name."""
    query = select(Secret).where(Secret.team_id == team_id).order_by(Secret.name)
    return list((await session.exec(query)).all())


async def secret(session: Session, team_id: str, name: str) -> Secret | None:
    """One sealed secret."""
    return (await session.exec(select(Secret).where(Secret.team_id == team_id, Secret.name == name))).first()


async def secrets_not_sealed_by(session: Session, key_id: str) -> list[Secret]:
    """Secrets of all teams that another key sealed."""
    return list((await session.exec(select(Secret).where(Secret.key_id != key_id))).all())
