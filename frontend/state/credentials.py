"""What the settings page shows and does: keys, secrets, own sessions."""

from dataclasses import dataclass

import reflex as rx

from backend.core import clock
from backend.core.errors import Invalid, Problem
from backend.identity import keys, secrets, sessions
from backend.identity.permissions import ROLES, within
from frontend.components import roles
from frontend.rules import allows, signed_in
from frontend.state import dialog, edge
from frontend.state.iso import iso


@dataclass
class Key:
    """An API key in the list."""

    id: str
    name: str
    public_id: str
    roles: list[str]
    state: str
    last_used: str
    expires: str


@dataclass
class SecretName:
    """A secret in the list: never its value."""

    name: str
    version: str
    changed: str


@dataclass
class Browser:
    """A session in the list."""

    id: str
    agent: str
    since: str
    seen: str
    here: bool


class Credentials(rx.State):
    """Shown on one page; what may be done is decided by the services each time."""

    loaded: bool = False
    keys: rx.Field[list[Key]] = rx.field(default_factory=list)
    secrets: rx.Field[list[SecretName]] = rx.field(default_factory=list)
    browsers: rx.Field[list[Browser]] = rx.field(default_factory=list)
    offered: rx.Field[list[str]] = rx.field(default_factory=list)
    may_create_keys: bool = False
    may_see_secrets: bool = False
    may_manage_secrets: bool = False
    new_key: str = ""

    @rx.event
    @signed_in
    async def load(self):
        """All that the caller may see."""
        async with edge.reading() as (session, by):
            self.may_create_keys, self.may_see_secrets = by.may("key.create"), by.may("secret.use")
            self.may_manage_secrets = by.may("secret.manage")
            found = await keys.list_(session, by) if self.may_create_keys else []
            named = await secrets.list_(session, by) if self.may_see_secrets else []
            opened = await sessions.list_own(session, by)
        now = clock.now()
        self.keys = [
            Key(
                k.id, k.name, k.public_id, k.roles, keys.state(k, now), iso(k.last_used_at), iso(k.expires_at)
            )
            for k in found
        ]
        self.secrets = [SecretName(s.name, str(s.version), iso(s.updated_at)) for s in named]
        self.browsers = [
            Browser(
                b.id, _named(b.user_agent), iso(b.created_at), iso(b.last_seen_at), b.id == by.credential_id
            )
            for b in opened
        ]
        self.offered = [role for role in ROLES if within((role,), by.roles)]
        self.loaded = True

    @rx.event
    @allows("key.create")
    async def create_key(self, form: dict[str, str]):
        """Make a key and show it this one time."""
        async with edge.writing() as (session, by):
            _, self.new_key = await keys.create(
                session, by, name=form.get("name", ""), roles=roles.chosen(form), days=_days(form)
            )
        return [dialog.DONE, Credentials.load]

    @rx.event
    @allows("key.create")
    async def revoke_key(self, key_id: str):
        """End a key."""
        async with edge.writing() as (session, by):
            await keys.revoke(session, by, key_id)
        return Credentials.load

    @rx.event
    @signed_in
    def forget_key(self):
        """The new key was seen."""
        self.new_key = ""

    @rx.event
    @allows("secret.manage")
    async def put_secret(self, form: dict[str, str]):
        """Store a value; it goes through here and is not kept in any state."""
        async with edge.writing() as (session, by):
            await secrets.put(session, by, form.get("name", "").strip(), form.get("value", ""))
        return [dialog.DONE, Credentials.load, rx.toast.success("Secret saved.")]

    @rx.event
    @allows("secret.manage")
    async def delete_secret(self, name: str):
        """Forget a secret."""
        async with edge.writing() as (session, by):
            await secrets.delete(session, by, name)
        return Credentials.load

    @rx.event
    @signed_in
    async def end_session(self, session_id: str):
        """Sign out in another browser."""
        async with edge.writing() as (session, by):
            await sessions.end_own(session, by, session_id)
        return Credentials.load

    @rx.event
    @signed_in
    async def end_others(self):
        """Sign out everywhere else."""
        async with edge.writing() as (session, by):
            await sessions.end_others(session, by)
        return Credentials.load


def _days(form: dict[str, str]) -> int:
    text = form.get("days", "").strip()
    if not (text.isdecimal() and len(text) < 6):
        problem = Problem("The number of days must be a whole number.", "days", "Write 1 to 365.")
        raise Invalid(problem.message, problems=[problem])
    return int(text)


def _named(user_agent: str) -> str:
    """`Chromium on Linux` instead of the long line; what is not known is shown as it came."""
    browsers = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    browser = next((name for mark, name in browsers if mark in user_agent), "")
    system = next((name for mark, name in systems if mark in user_agent), "")
    return f"{browser} on {system}" if browser and system else user_agent or "Unknown browser"
