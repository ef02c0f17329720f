"""Sessions of browsers: begun at sign-in, found by cookie, ended by people, by time or by losing membership."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from backend.core import clock, db, ids
from backend.core.db import Session
from backend.core.errors import NotFound
from backend.identity import repository, revocation, tokens
from backend.identity.models import BrowserSession
from backend.identity.permissions import known
from backend.identity.principal import Principal

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=7)
_SEEN_STEP = timedelta(minutes=5)


@dataclass(frozen=True)
class Found:
    """Who a session cookie belongs to, and whether it is time to note that they were seen."""

    principal: Principal
    email: str
    seen_long_ago: bool


async def begin(
    session: Session, *, account_id: str, team_id: str, user_agent: str, replaces: str = ""
) -> str:
    """Sign a browser in; the new token for its cookie. The session it had before ends (rotation)."""
    if replaces:
        await end_by_token(session, replaces)
    token, now = tokens.new(), clock.now()
    row = BrowserSession(
        id=ids.new("ses"),
        team_id=team_id,
        account_id=account_id,
        token_hash=tokens.hashed(token),
        user_agent=user_agent[:200],
        created_at=now,
        last_seen_at=now,
        expires_at=now + ABSOLUTE,
    )
    session.add(row)
    await session.flush()
    return token


async def find(session: Session, token: str) -> Found | None:
    """Who carries this token, read afresh each time so that a revoked session ends at once."""
    if not token:
        return None
    rows = await repository.session_by_hash(session, tokens.hashed(token))
    if rows is None:
        return None
    row, account, member = rows
    now = clock.now()
    if now >= row.expires_at or now >= row.last_seen_at + IDLE:
        return None
    principal = Principal(
        team_id=row.team_id,
        account_id=account.id,
        name=account.name,
        roles=known(member.roles),
        via="session",
        credential_id=row.id,
    )
    return Found(principal, account.email, seen_long_ago=now >= row.last_seen_at + _SEEN_STEP)


async def touch(session: Session, by: Principal) -> None:
    """Note that the browser was seen now."""
    await repository.touch_session(session, by.credential_id, clock.now())


async def list_own(session: Session, by: Principal) -> list[BrowserSession]:
    """The browsers where the caller is signed in."""
    now = clock.now()
    rows = await repository.sessions_of(session, by.account_id)
    return [row for row in rows if now < min(row.expires_at, row.last_seen_at + IDLE)]


async def end_by_token(session: Session, token: str) -> None:
    """Sign the browser with this cookie out."""
    rows = await repository.session_by_hash(session, tokens.hashed(token))
    if rows is not None:
        await _end(session, [rows[0].id])


async def end_own(session: Session, by: Principal, session_id: str) -> None:
    """Sign one of the caller's own browsers out."""
    own = [row.id for row in await repository.sessions_of(session, by.account_id) if row.id == session_id]
    if not own:
        raise NotFound("There is no such session among yours.")
    await _end(session, own)


async def end_others(session: Session, by: Principal) -> int:
    """Sign the caller out everywhere else; how many browsers that were."""
    others = [r.id for r in await repository.sessions_of(session, by.account_id) if r.id != by.credential_id]
    await _end(session, others)
    return len(others)


async def end_in_team(session: Session, account_id: str, team_id: str) -> None:
    """Sign a person out of one team, as when they leave it."""
    rows = await repository.sessions_of(session, account_id)
    await _end(session, [row.id for row in rows if row.team_id == team_id])


async def _end(session: Session, session_ids: list[str]) -> None:
    await repository.delete_sessions(session, session_ids)
    db.after_commit(session, partial(revocation.announce, session_ids))
