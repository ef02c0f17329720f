"""Tables of identity: teams, accounts, members, sessions, invitations, keys, secrets, audit."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.core.columns import Json, UtcDateTime


class Team(SQLModel, table=True):
    """A team owns everything else; its own id is its team id."""

    id: str = Field(primary_key=True)
    name: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class Account(SQLModel, table=True):
    """A person who can sign in; `team_id` is the team that first let them in."""

    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    email: str = Field(unique=True)
    name: str
    password_hash: str | None = None
    shortcuts: dict[str, list[str]] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)


class LinkedIdentity(SQLModel, table=True):
    """An account at an OpenID provider, found by (issuer, subject) and never by e-mail."""

    __tablename__ = "linked_identity"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("issuer", "subject"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    issuer: str
    subject: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class Member(SQLModel, table=True):
    """An account in a team, with its roles."""

    __table_args__ = (UniqueConstraint("team_id", "account_id"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    roles: list[str] = Field(sa_column=Column(Json, nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)


class BrowserSession(SQLModel, table=True):
    """A signed-in browser; only the SHA-256 of its cookie is stored."""

    __tablename__ = "browser_session"  # pyright: ignore[reportAssignmentType]
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    token_hash: str = Field(unique=True)
    user_agent: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class Invitation(SQLModel, table=True):
    """A link that lets one person join once; the first owner's link is one too."""

    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    token_hash: str = Field(unique=True)
    email: str = ""
    roles: list[str] = Field(sa_column=Column(Json, nullable=False))
    invited_by: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ApiKey(SQLModel, table=True):
    """A key for programs, `qk_<id>_<secret>`; only the SHA-256 of the secret is stored."""

    __tablename__ = "api_key"  # pyright: ignore[reportAssignmentType]
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    name: str
    public_id: str = Field(unique=True)
    secret_hash: str
    roles: list[str] = Field(sa_column=Column(Json, nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Secret(SQLModel, table=True):
    """An encrypted value that nodes use by name; it is never shown again."""

    __table_args__ = (UniqueConstraint("team_id", "name"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    name: str
    version: int = 1
    key_id: str
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    updated_at: datetime = Field(sa_type=UtcDateTime)
    updated_by: str


class AuditEntry(SQLModel, table=True):
    """What somebody did, chained by HMAC so that edits and deletions show."""

    __tablename__ = "audit_entry"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("team_id", "number"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    number: int
    at: datetime = Field(sa_type=UtcDateTime)
    actor: str
    action: str
    subject: str = ""
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    chain: str
