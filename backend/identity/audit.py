"""What people did, as a chain: each entry is signed together with the one before it (decision D13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from json import dumps
from typing import Any

from backend.core import clock, crypto, ids, json
from backend.core.db import Session
from backend.identity import audit_repository as repository
from backend.identity.models import AuditEntry
from backend.identity.principal import Principal

_PURPOSE = "audit"
_START = ""


@dataclass(frozen=True)
class Verdict:
    """Whether a team's history is whole; `broken_at` is the number of the first entry that does not fit."""

    entries: int
    head: str
    broken_at: int | None = None

    @property
    def whole(self) -> bool:
        """True when every entry follows from the one before."""
        return self.broken_at is None


async def record(
    session: Session, by: Principal, action: str, subject: str = "", details: Mapping[str, Any] | None = None
) -> None:
    """Add an entry to the caller's team, in the transaction of what it tells of. Never put secrets in it."""
    json.require(dict(details or {}), "details")
    await repository.lock(session, by.team_id)
    last = await repository.last(session, by.team_id)
    entry = AuditEntry(
        id=ids.new("aud"),
        team_id=by.team_id,
        number=last.number + 1 if last else 1,
        at=clock.now(),
        actor=by.account_id,
        action=action,
        subject=subject,
        details=dict(details or {}),
        chain="",
    )
    entry.chain = crypto.key_ring().sign(_text(entry, last.chain if last else _START), _PURPOSE)
    session.add(entry)
    await session.flush()


async def list_(
    session: Session, by: Principal, *, before: int | None = None, limit: int = 50
) -> list[AuditEntry]:
    """The newest entries before a number."""
    by.require("audit.read")
    return await repository.page(session, by.team_id, before, limit)


async def verify(session: Session, team_id: str, *, anchor: str = "") -> Verdict:
    """Walk a team's chain. `anchor` is a head noted earlier: without it, a cut tail cannot be seen."""
    count, chain, anchored = 0, _START, not anchor
    async for entry in repository.walk(session, team_id):
        count += 1
        right = entry.number == count and crypto.key_ring().signed(_text(entry, chain), _PURPOSE, entry.chain)
        if not right:
            return Verdict(count, chain, broken_at=count)
        chain = entry.chain
        anchored = anchored or chain == anchor
    return Verdict(count, chain, broken_at=None if anchored else count + 1)


def _text(entry: AuditEntry, previous: str) -> bytes:
    fields = [
        previous,
        entry.id,
        entry.team_id,
        entry.number,
        _moment(entry.at),
        entry.actor,
        entry.action,
        entry.subject,
        entry.details,
    ]
    return dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
