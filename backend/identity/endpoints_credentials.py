"""API keys, secrets, and the caller's own sessions."""

from fastapi import APIRouter

from backend.core import clock
from backend.identity import keys, secrets, sessions
from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession
from backend.identity.models import ApiKey
from backend.identity.permissions import known
from backend.identity.schemas import KeyMade, KeyOut, NewKey, NewSecret, SecretOut, SessionOut

router = APIRouter(prefix="/api/v1")


@router.get("/keys")
async def list_keys(by: CurrentPrincipal, session: ReadSession) -> list[KeyOut]:
    """The caller's keys, or the team's for those who manage them."""
    return [_shown(row) for row in await keys.list_(session, by)]


@router.post("/keys", status_code=201)
async def create_key(by: CurrentPrincipal, session: WriteSession, body: NewKey) -> KeyMade:
    """Make a key; its text is in this answer and nowhere else."""
    row, text = await keys.create(session, by, name=body.name, roles=tuple(body.roles), days=body.days)
    return KeyMade(**_shown(row).model_dump(), key=text)


@router.delete("/keys/{key_id}", status_code=204)
async def revoke_key(by: CurrentPrincipal, session: WriteSession, key_id: str) -> None:
    """End a key now."""
    await keys.revoke(session, by, key_id)


@router.get("/secrets")
async def list_secrets(by: CurrentPrincipal, session: ReadSession) -> list[SecretOut]:
    """The names of the team's secrets."""
    return [SecretOut.model_validate(row, from_attributes=True) for row in await secrets.list_(session, by)]


@router.put("/secrets/{name}")
async def put_secret(by: CurrentPrincipal, session: WriteSession, name: str, body: NewSecret) -> SecretOut:
    """Store a secret, or replace its value."""
    row = await secrets.put(session, by, name, body.value)
    return SecretOut.model_validate(row, from_attributes=True)


@router.delete("/secrets/{name}", status_code=204)
async def delete_secret(by: CurrentPrincipal, session: WriteSession, name: str) -> None:
    """Forget a secret."""
    await secrets.delete(session, by, name)


@router.get("/sessions")
async def list_sessions(by: CurrentPrincipal, session: ReadSession) -> list[SessionOut]:
    """The browsers where the caller is signed in."""
    return [
        SessionOut(
            id=row.id,
            user_agent=row.user_agent,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
            current=row.id == by.credential_id,
        )
        for row in await sessions.list_own(session, by)
    ]


@router.delete("/sessions", status_code=204)
async def end_other_sessions(by: CurrentPrincipal, session: WriteSession) -> None:
    """Sign the caller out everywhere else."""
    await sessions.end_others(session, by)


@router.delete("/sessions/{session_id}", status_code=204)
async def end_session(by: CurrentPrincipal, session: WriteSession, session_id: str) -> None:
    """Sign the caller out in one browser."""
    await sessions.end_own(session, by, session_id)


def _shown(row: ApiKey) -> KeyOut:
    return KeyOut(
        id=row.id,
        name=row.name,
        public_id=row.public_id,
        account_id=row.account_id,
        roles=list(known(row.roles)),
        state=keys.state(row, clock.now()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )
