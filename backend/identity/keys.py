"""API keys of programs: `qk_<id>_<secret>`, shown once, never able to do more than their maker may."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

from backend.core import clock, ids
from backend.core.db import Session
from backend.core.errors import Invalid, NotAllowed, NotFound, Problem
from backend.identity import audit, repository, tokens
from backend.identity.models import ApiKey
from backend.identity.permissions import Role, known, within
from backend.identity.principal import Principal

PREFIX = "qk_"
LONGEST = timedelta(days=365)
_USED_STEP = timedelta(minutes=1)


@dataclass(frozen=True)
class Found:
    """Who a key belongs to, and whether it is time to note that it was used."""

    principal: Principal
    used_long_ago: bool


async def create(
    session: Session, by: Principal, *, name: str, roles: tuple[Role, ...], days: int = 90
) -> tuple[ApiKey, str]:
    """Make a key with some of the caller's roles; the row and the key's text, which nobody can read again."""
    by.require("key.create")
    if by.via == "key":
        raise NotAllowed("A key cannot make keys.", fix="Sign in and make it in Settings.")
    _check(by, name, roles, days)
    public_id, secret, now = token_hex(8), tokens.new(), clock.now()
    row = ApiKey(
        id=ids.new("key"),
        team_id=by.team_id,
        account_id=by.account_id,
        name=name.strip(),
        public_id=public_id,
        secret_hash=tokens.hashed(secret),
        roles=list(roles),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    await audit.record(session, by, "key.created", row.id, {"name": row.name, "roles": list(roles)})
    await session.flush()
    return row, f"{PREFIX}{public_id}_{secret}"


async def find(session: Session, text: str) -> Found | None:
    """Who a key speaks for: its roles as far as its maker still has them."""
    public_id, _, secret = text.removeprefix(PREFIX).partition("_")
    if not text.startswith(PREFIX) or not secret:
        return None
    row = await repository.key_by_public_id(session, public_id)
    if row is None:
        return None
    now = clock.now()
    alive = row.revoked_at is None and now < row.expires_at
    if not alive or not tokens.same(tokens.hashed(secret), row.secret_hash):
        return None
    makers = known(row.makers)
    principal = Principal(
        team_id=row.team_id,
        account_id=row.account_id,
        name=row.name,
        roles=tuple(role for role in known(row.roles) if within((role,), makers)),
        via="key",
        credential_id=row.id,
    )
    return Found(principal, used_long_ago=row.last_used_at is None or now >= row.last_used_at + _USED_STEP)


async def touch(session: Session, by: Principal) -> None:
    """Note that the key was used now."""
    await repository.touch_key(session, by.credential_id, clock.now())


async def list_(session: Session, by: Principal) -> list[ApiKey]:
    """The caller's keys; all keys of the team for those who manage them."""
    everybody = by.may("key.manage")
    if not everybody:
        by.require("key.create")
    return await repository.keys_of(session, by.team_id, None if everybody else by.account_id)


async def revoke(session: Session, by: Principal, key_id: str) -> None:
    """End a key now: one's own, or anybody's for those who manage keys."""
    row = await repository.key(session, by.team_id, key_id)
    if row is None or not (by.may("key.manage") or row.account_id == by.account_id):
        raise NotFound("There is no such key in your team.")
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        session.add(row)
        await audit.record(session, by, "key.revoked", row.id, {"name": row.name})


def state(row: ApiKey, at: datetime) -> str:
    """One word for a list: active, expired or revoked."""
    if row.revoked_at is not None:
        return "revoked"
    return "active" if at < row.expires_at else "expired"


def _check(by: Principal, name: str, roles: tuple[Role, ...], days: int) -> None:
    problems: list[Problem] = []
    if not 1 <= len(name.strip()) <= 80:
        problems.append(Problem("A key needs a name of 1 to 80 characters.", "name", "Say what will use it."))
    if not roles:
        problems.append(Problem("A key needs at least one role.", "roles", "Choose one of your roles."))
    if not 1 <= days <= LONGEST.days:
        problems.append(Problem("A key lives 1 to 365 days.", "days", "Choose a number in between."))
    if problems:
        raise Invalid(problems[0].message, problems=problems)
    if not within(roles, by.roles):
        raise NotAllowed("A key cannot do more than you may.", fix="Choose among your own roles.")
