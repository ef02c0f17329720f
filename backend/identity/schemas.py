"""What the identity endpoints take and give."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from backend.core.plain_text import PlainText
from backend.identity.permissions import Permission, Role

Text = Annotated[PlainText, StringConstraints(max_length=300)]
Password = Annotated[str, StringConstraints(max_length=1000)]
Roles = Annotated[list[Role], Field(max_length=6)]


class Given(BaseModel):
    """What a client sends: unknown fields are refused (rule R13)."""

    model_config = ConfigDict(extra="forbid")


class SignIn(Given):
    """A local account's address and password."""

    email: Text
    password: Password


class Join(Given):
    """What a newcomer fills in; empty address and password when they are signed in already."""

    token: Text
    name: Text = ""
    email: Text = ""
    password: Password = ""
    team_name: Text = ""


class NewInvitation(Given):
    """Whom to invite; an address makes the link useless for others."""

    roles: Roles
    email: Text = ""


class NewRoles(Given):
    """The roles a member has from now on."""

    roles: Roles


class NewKey(Given):
    """A key for a program."""

    name: Text
    roles: Roles
    days: int = 90


class NewSecret(Given):
    """A secret's value."""

    value: PlainText


class NewTeamName(Given):
    """The team's name from now on."""

    name: Text


class Me(BaseModel):
    """Who the caller is."""

    account_id: str
    team_id: str
    team_name: str
    name: str
    email: str
    roles: list[Role]
    permissions: list[Permission]
    via: str
    shortcuts: dict[str, list[str]]


class Shortcuts(BaseModel):
    """Keys of the caller's own in the editor, by the name of the command."""

    model_config = ConfigDict(extra="forbid")

    shortcuts: Annotated[
        dict[
            Annotated[PlainText, Field(max_length=60)],
            Annotated[list[Annotated[PlainText, Field(max_length=40)]], Field(max_length=4)],
        ],
        Field(max_length=200),
    ]


class MemberOut(BaseModel):
    """A member of the team."""

    id: str
    account_id: str
    name: str
    email: str
    roles: list[Role]
    joined_at: datetime


class InvitationOut(BaseModel):
    """A link that still works; the link itself is shown once."""

    id: str
    email: str
    roles: list[Role]
    created_at: datetime
    expires_at: datetime


class InvitationMade(InvitationOut):
    """A new link, with its address."""

    url: str


class KeyOut(BaseModel):
    """An API key, without its secret."""

    id: str
    name: str
    public_id: str
    account_id: str
    roles: list[Role]
    state: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class KeyMade(KeyOut):
    """A new key; this is the only time its text can be read."""

    key: str


class SecretOut(BaseModel):
    """A secret's name; values cannot be read."""

    name: str
    version: int
    updated_at: datetime


class SessionOut(BaseModel):
    """A browser where the caller is signed in."""

    id: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    current: bool


class AuditOut(BaseModel):
    """One entry of the audit trail."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    chain: str


class VerdictOut(BaseModel):
    """Whether the audit trail is whole."""

    whole: bool
    entries: int
    head: str
    broken_at: int | None


class Next(BaseModel):
    """Where the browser should go now."""

    next: str
